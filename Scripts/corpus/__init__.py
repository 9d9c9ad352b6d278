"""The cases of the corpus. Each topic is a module, and its `cases(init)` yields its cases."""

from . import codecs, early, framing, header, links, names, splits, trees

TOPICS = (framing, splits, codecs, header, names, trees, links, early)


def all_cases(init):
    cases = [case for topic in TOPICS for case in topic.cases(init)]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, twice
    return sorted(cases, key=lambda case: case.name)
