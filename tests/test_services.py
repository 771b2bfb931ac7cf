"""The servers that tests rely on really run."""

from tests import services


def test_mosquitto_listens(mosquitto: services.Service) -> None:
    assert services.listens(mosquitto.port)


def test_influxd_answers_a_query(influxd: services.Service) -> None:
    assert b'"databases"' in services.influx_query(influxd.port, "SHOW DATABASES")
