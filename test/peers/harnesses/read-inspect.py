"""What inspect_ai reads of an exported log, as one JSON document: python read-inspect.py <log>"""
import json
import sys

from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

log = read_eval_log(sys.argv[1], resolve_attachments=True)
summaries = read_eval_log_sample_summaries(sys.argv[1])
# As written: what is read whole comes sorted by epoch and name.
by_key = {(sample.id, sample.epoch): sample for sample in log.samples}
samples = [by_key[summary.id, summary.epoch] for summary in summaries]
images = [
    part.image
    for sample in samples
    for message in sample.messages
    if not isinstance(message.content, str)
    for part in message.content
    if part.type == 'image'
]
print(
    json.dumps(
        {
            'status': log.status,
            'accuracy': log.results.scores[0].metrics['accuracy'].value,
            'values': [next((score.value for score in (sample.scores or {}).values()), None) for sample in samples],
            'errors': [sample.error and sample.error.message for sample in samples],
            'pictures': len(images),
            'resolved': all(image.startswith('data:image/') for image in images),
            'summaries': len(summaries),
        }
    )
)
