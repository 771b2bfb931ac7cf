"""Why something was not taken at its word: one list of reasons, with the words people read."""

from enum import StrEnum

from town.language import Label


class Scope(StrEnum):
    """What a reason speaks of."""

    MESSAGE = "message"
    """Nothing in the message could be read."""
    READING = "reading"
    """One reading of a message, or one the store refused."""
    VALUE = "value"
    """One value of a reading that is otherwise stored."""
    CLOCK = "clock"
    """The time of a reading that is stored with the moment of receipt instead."""


class Reason(StrEnum):
    """Why a message, a reading or a value was refused, or its time replaced."""

    NOT_JSON = "not_json"
    NOT_UTF8 = "not_utf8"
    NOT_CBOR = "not_cbor"
    NOT_PROTOBUF = "not_protobuf"
    WRONG_SHAPE = "wrong_shape"
    WRONG_TYPE = "wrong_type"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    NOT_SUBSCRIBED = "not_subscribed"
    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_SENSOR = "unknown_sensor"
    UNKNOWN_QUANTITY = "unknown_quantity"
    UNKNOWN_ALIAS = "unknown_alias"
    NO_VALUES = "no_values"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    CLOCK_FUTURE = "clock_future"
    CLOCK_PAST = "clock_past"
    STALE = "stale"
    DUPLICATE = "duplicate"
    REFUSED_BY_STORE = "refused_by_store"
    MALFORMED_PACKET = "malformed_packet"
    DECODER_FAILED = "decoder_failed"


REASON_LABELS: dict[Reason, Label] = {
    Reason.NOT_JSON: Label(zh="不是有效的 JSON", en="not JSON"),
    Reason.NOT_UTF8: Label(zh="不是 UTF-8 文本", en="not UTF-8 text"),
    Reason.NOT_CBOR: Label(zh="不是有效的 CBOR", en="not CBOR"),
    Reason.NOT_PROTOBUF: Label(zh="不是有效的 Protobuf", en="not a protobuf message"),
    Reason.WRONG_SHAPE: Label(zh="结构不符合格式", en="not the shape the format asks for"),
    Reason.WRONG_TYPE: Label(zh="值的类型不对", en="value of the wrong type"),
    Reason.TOO_LARGE: Label(zh="消息过大", en="message too large"),
    Reason.UNSUPPORTED: Label(zh="格式中不支持的部分", en="a part of the format that is not supported"),
    Reason.NOT_SUBSCRIBED: Label(zh="设备使用的主题未订阅", en="the device sends on a topic that is not subscribed"),
    Reason.UNKNOWN_TOPIC: Label(zh="主题不属于任何网关", en="topic belongs to no gateway"),
    Reason.UNKNOWN_SENSOR: Label(zh="未登记的传感器", en="sensor not in the sensor list"),
    Reason.UNKNOWN_QUANTITY: Label(zh="该类传感器没有此量", en="quantity this kind of sensor does not have"),
    Reason.UNKNOWN_ALIAS: Label(zh="别名未在上线报文中说明", en="alias that no birth message explained"),
    Reason.NO_VALUES: Label(zh="没有可用的值", en="no value that can be used"),
    Reason.NOT_A_NUMBER: Label(zh="不是有限的数 (NaN 或无穷)", en="not a finite number (NaN or infinite)"),
    Reason.OUT_OF_RANGE: Label(zh="超出合理范围", en="outside the plausible range"),
    Reason.CLOCK_FUTURE: Label(zh="设备时钟超前, 改用接收时刻", en="device clock ahead, moment of receipt used"),
    Reason.CLOCK_PAST: Label(zh="设备时钟过旧, 改用接收时刻", en="device clock far behind, moment of receipt used"),
    Reason.STALE: Label(zh="代理保留的旧消息, 没有时间", en="kept by the broker, without a time: its age is unknown"),
    Reason.DUPLICATE: Label(zh="重复", en="sent twice"),
    Reason.REFUSED_BY_STORE: Label(zh="存储拒绝", en="refused by the store"),
    Reason.MALFORMED_PACKET: Label(zh="MQTT 报文损坏", en="MQTT packet that cannot be read"),
    Reason.DECODER_FAILED: Label(zh="解码器出错", en="the decoder failed"),
}
