"""The problems of a Mini-o3 JSON file as an inspect_ai task, for `inspect eval` on `mini-o3 serve`; docs/harnesses.md has the command.

-T data=<folder of mini-o3 probe build> names the problems. An answer is right if it is the reference answer but for case and spaces."""
import json
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser, ContentImage, ContentText
from inspect_ai.scorer import exact
from inspect_ai.solver import generate


def sample(row: dict, folder: Path) -> Sample:
    images = [ContentImage(image=str((folder / image).resolve())) for image in row['images']]
    question = row['problem'].replace('<image>', '').strip()
    return Sample(
        id=f"{row['data_source']}/{row['doc_id']}",
        input=[ChatMessageUser(content=[*images, ContentText(text=question)])],
        target=str(row['solution']),
        metadata={'level': row.get('level')},
    )


@task
def minio3(data: str, split: str = 'test') -> Task:
    rows = json.loads((Path(data) / f'{split}.json').read_text(encoding='utf-8'))
    return Task(dataset=MemoryDataset([sample(row, Path(data)) for row in rows]), solver=generate(), scorer=exact())
