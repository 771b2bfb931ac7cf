from ingest.decoders.registry import DECODERS
from town.decoder_options import DECODER_OPTIONS


def test_every_decoder_may_be_named_in_a_folder_and_no_other() -> None:
    assert set(DECODER_OPTIONS) == set(DECODERS)
