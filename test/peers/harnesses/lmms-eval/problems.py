"""What lmms-eval asks about a problem, and how it is scored: right if it is the reference answer but for case and spaces."""


def visuals(doc):
    return [doc['image'].convert('RGB')]


def text(doc):
    return doc['problem'].replace('<image>', '').strip()


def results(doc, replies):
    right = replies[0].strip().lower() == doc['solution'].strip().lower()
    return {'exact': float(right)}
