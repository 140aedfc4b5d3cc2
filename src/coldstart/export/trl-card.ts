/** The card of a set for TRL: how to load it, and the settings that are required for correct training. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes `README.md` into `folder`. */
export function writeCard(folder: string): Promise<void> {
  return writeFile(join(folder, 'README.md'), card)
}

const card = `# Cold-start searches for TRL

Written by mini-o3 export. Each row is a whole search: \`messages\` of typed parts, and \`images\` in the order of the parts
of type \`image\`. To train on it with TRL:

\`\`\`python
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

train = load_dataset("path/to/this/folder", split="train")
args = SFTConfig(
    assistant_only_loss=True,  # otherwise the model also learns the questions and observations
    max_length=None,  # otherwise long searches are truncated, and lose placeholders of their pictures
)
SFTTrainer(model="Qwen/Qwen2.5-VL-7B-Instruct", args=args, train_dataset=train).train()
\`\`\`
`
