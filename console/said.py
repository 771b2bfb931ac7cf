"""What other rooms say in English, in the reader's language: how a part of the line is, and why something is refused.

They say it to logs, programs and the API as well. What they may say is a list of sentences with places for numbers and
names; here each stands in Chinese. What a database, a broker or an operating system said stays as it was said.
"""

import re
from functools import cache

from console.words import Words
from town.language import in_script

CHINESE: dict[str, str] = {
    # broker
    "connecting": "正在连接",
    "the broker refuses us: {why}": "消息服务器拒绝我们：{why}",
    "the broker refuses {topic}: reason code {code}": "消息服务器拒绝 {topic}：原因码 {code}",
    "the broker refuses {what}": "消息服务器拒绝 {what}",
    "the broker said nothing for {seconds} s": "消息服务器 {seconds} 秒没有动静",
    "the broker closed the connection": "消息服务器断开了连接",
    "the broker sent something that is not MQTT 5": "消息服务器发来的不是 MQTT 5",
    "the broker does not answer": "消息服务器没有应答",
    "no answer to {what} within {seconds} s": "{seconds} 秒内没有应答 {what}",
    "no answer within {time}": "{time} 内没有应答",
    "no answer from {where}": "{where} 没有应答",
    "{why} instead of an answer to {what}": "没有应答 {what}，而是：{why}",
    # intake, ledger, spool
    "{messages} messages and {readings} readings wait": "{messages} 条消息、{readings} 条读数在等待",
    "balanced": "收支平衡",
    "does not balance, missing of {what}": "收支不平，缺少 {what}",
    "cannot be written down: {why}": "记不下来：{why}",
    "{gateway}: {count} messages": "{gateway} 的 {count} 条消息",
    "{gateway}: {count} readings": "{gateway} 的 {count} 条读数",
    "{count} readings wait on disk, {share} full": "磁盘上有 {count} 条读数在等待，已满 {share}",
    "{count} batches cannot be read": "{count} 批读不出来",
    "it takes no more, messages stay with the broker: {why}": "不再接收，消息留在消息服务器：{why}",
    "its oldest batch has waited for more than {time}": "最早的一批已等待超过 {time}",
    # store
    "slow: {why} ({count} readings wait)": "太慢：{why}（{count} 条读数在等待）",
    "away: {why} ({count} readings wait)": "连不上：{why}（{count} 条读数在等待）",
    "refusing us: {why} ({count} readings wait)": "拒绝我们：{why}（{count} 条读数在等待）",
    "the embedded store {path}: {why}": "内置存储 {path}：{why}",
    "{where} cannot be reached: {why}": "连不上 {where}：{why}",
    "{where} did not answer within {seconds} s": "{where} 在 {seconds} 秒内没有应答",
    "{where} does not answer as InfluxDB does: {why}": "{where} 的应答不像 InfluxDB：{why}",
    "{where} answered more than {size} MB": "{where} 的应答超过 {size} MB",
    "{where} answered {status}: {text}": "{where} 答复 {status}：{text}",
    "minutes cannot be added up in {folder}: {why}": "无法在 {folder} 汇总分钟数据：{why}",
    "InfluxDB holds values that cannot be added up: {why}": "InfluxDB 中有无法汇总的值：{why}",
    # rules and people
    "{count} rules": "{count} 条规则",
    "the alert book is away: {why}": "警报簿连不上：{why}",
    "the alert book does not answer: {why}": "警报簿没有应答：{why}",
    "the alert book went away: {why}": "与警报簿断开：{why}",
    "a restart would lose something: {why}": "此时重启会丢失内容：{why}",
    "{what} (and {count} more); old rules go on": "{what}（另有 {count} 处）；旧规则继续生效",
    "{what}; old rules go on": "{what}；旧规则继续生效",
    "{what} (and {count} more); who was told before goes on being told": "{what}（另有 {count} 处）；仍按旧名单通知",
    "{what}; who was told before goes on being told": "{what}；仍按旧名单通知",
    # outbox and heartbeat
    "the oldest is due for {seconds} s": "最早的一条已迟 {seconds} 秒",
    "withheld, because something is down: {what}": "已停发，因为有部分停止：{what}",
    "not taken: {why}": "对方没有接收：{why}",
    # several processes
    "it is gone, or cannot be heard": "已停止，或联系不上",
    "nobody takes {gateways}: start a town ingest with TOWN_INGEST_GATEWAYS=alone": (
        "没有进程接收 {gateways}：请启动一个 TOWN_INGEST_GATEWAYS=alone 的 town ingest"
    ),
    "{count} gaps are asked of the store": "有 {count} 处缺口正向存储查询",
    "nothing is heard from {process}": "{process} 没有动静",
    "{why}; the rules take it from the store": "{why}；规则改从存储读取",
    # refusals
    "{alert} was closed by {who} at {time}": "{alert} 已由 {who} 于 {time} 关闭",
    "{who} has {alert} since {time}": "{who} 已于 {time} 接手 {alert}",
    "the condition of {alert} still holds: it can be reset when it is gone": "{alert} 的条件仍成立：消失后才能复位",
    "{alert} needs no reset": "{alert} 不需要复位",
    "{alert} is not shelved": "{alert} 没有被搁置",
    "{alert} is out of service, by {who}: return it first": "{alert} 已由 {who} 停用：请先恢复使用",
    "{alert} is in service": "{alert} 并未停用",
    "alerts of category {category} are not verified in this town": "本镇不核实 {category} 类警报",
    "{alert} was found {verdict} already": "{alert} 已核实为 {verdict}",
    "a fire alert is shelved by an administrator only": "火警只能由管理员搁置",
    "an alert is shelved for a minute at least and 24 hours at most": "搁置至少一分钟，至多 24 小时",
    "say why: who comes later has to understand it": "请写明原因：要让后来的人明白",
    "say for how long, such as 2h": "请写明多久，例如 2h",
    "a comment may have {count} characters": "备注至多 {count} 个字",
    "there is nothing in this comment": "备注是空的",
    "{alert} is nobody's": "{alert} 没有指派给任何人",
    "{alert} is {who}'s already": "{alert} 已指派给 {who}",
    "say what was found: true, false, drill or unreachable": "请说明核实结果：属实、误报、演练或联系不上",
    "there is no alert {alert}": "没有警报 {alert}",
    "there is no window {window}": "没有时段 {window}",
    "{window} is over already": "{window} 已经结束",
    "there is no facility {place}": "没有设施 {place}",
    "there is no zone {place}": "没有片区 {place}",
    "say why: who sees the window later has to understand it": "请写明原因：要让看到的人明白",
    "a reason may have {count} characters": "原因至多 {count} 个字",
    "a window lasts a minute at least, and ends after it begins": "时段至少一分钟，结束要晚于开始",
    "a drill window lasts {time} at most": "演练时段至多 {time}",
    "a maintenance window lasts {time} at most": "检修时段至多 {time}",
    "a window begins within a year": "时段须在一年内开始",
    "this window would be over already": "这个时段已经过去",
}
"""By what is said in English. Of two that fit, the one before counts."""

_NUMBER = r"[\d.,]+"
_IS = {**dict.fromkeys(("count", "messages", "readings", "seconds", "size"), _NUMBER), "gateway": r"\S+"}
"""What stands in a place that is not for any words."""


def said(told: Words, text: str) -> str:
    """A sentence of another room in the reader's language; one that is not known as it is."""
    return text if told.language == "en" else in_script(_chinese(text), told.language)


def _chinese(text: str) -> str:
    for pattern, chinese in _patterns():
        if (found := pattern.fullmatch(text)) is not None:
            return chinese.format(**{name: _chinese(value) for name, value in found.groupdict().items()})
    parts = text.split("; ")
    return "；".join(map(_chinese, parts)) if len(parts) > 1 else text


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_pattern(english), re.DOTALL), chinese) for english, chinese in CHINESE.items()]


def _pattern(english: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda one: f"(?P<{one[1]}>{_IS.get(one[1], '.+?')})", re.escape(english))
