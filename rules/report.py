"""What came of rule cases, for people and for machines."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from rules.case import CaseResult


def report(results: Iterable[CaseResult], untouched: Iterable[str]) -> str:
    """A line a case, each difference below it, and a summary."""
    results, untouched = list(results), list(untouched)
    lines: list[str] = []
    for result in results:
        lines.append(f"{'ok    ' if result.passed else 'FAILED'} {result.name}")
        lines += [f"         {problem}" for problem in result.problems]
    failed = sum(not result.passed for result in results)
    lines.append(f"{len(results)} case(s), {failed} failed; {len(untouched)} rule(s) that no case names")
    lines += [f"         {rule}" for rule in untouched]
    return "\n".join(lines)


def write_junit(results: Iterable[CaseResult], path: Path) -> None:
    """Write the results as JUnit XML, as CI servers read it."""
    results = list(results)
    failures = str(sum(not result.passed for result in results))
    suite = ElementTree.Element("testsuite", name="rule cases", tests=str(len(results)), failures=failures, errors="0")
    for result in results:
        case = ElementTree.SubElement(suite, "testcase", classname="rules.cases", name=result.name)
        if not result.passed:
            text = "\n".join(result.problems)
            ElementTree.SubElement(case, "failure", message=result.problems[0]).text = text
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
