"""Topic filters of MQTT 5 (section 4.7): which are well formed, what they match, and which overlap."""

MOST_BYTES = 65_535


def filter_mistake(topic_filter: str) -> str:
    """What is wrong with a topic filter, or nothing."""
    levels = topic_filter.split("/")
    rules = (
        (not topic_filter, "a topic filter cannot be empty"),
        (len(topic_filter.encode("utf-8", "replace")) > MOST_BYTES, "a topic filter has at most 65,535 bytes"),
        ("\0" in topic_filter, "a topic filter cannot hold a NUL"),
        (topic_filter.startswith("$"), "topics that start with $ belong to the broker"),
        ("#" in levels[:-1] or any("#" in level and level != "#" for level in levels), "# stands alone and last"),
        (any("+" in level and level != "+" for level in levels), "+ stands alone between slashes"),
    )
    return next((mistake for broken, mistake in rules if broken), "")


def overlap(one: str, other: str) -> bool:
    """Whether there is a topic that both filters match."""
    return _overlap(one.split("/"), other.split("/"))


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic, which has no wildcards, falls under a filter."""
    return _overlap(topic_filter.split("/"), topic.split("/"))


def _overlap(one: list[str], other: list[str]) -> bool:
    for mine, theirs in zip(one, other, strict=False):
        if "#" in (mine, theirs):
            return True
        if mine != theirs and "+" not in (mine, theirs):
            return False
    shorter, longer = sorted((len(one), len(other)))
    # `a/#` also matches its parent `a`.
    return shorter == longer or (longer == shorter + 1 and max(one, other, key=len)[-1] == "#")
