/** Hosted services with vision-language models behind OpenAI-compatible endpoints, and which of them there are keys for. Keys are never read. */

export interface HostedService {
  readonly title: string
  /** The environment variable that usually holds its key. */
  readonly keyEnv: string
  readonly baseUrl: string
}

const service = (title: string, keyEnv: string, baseUrl: string): HostedService => ({ title, keyEnv, baseUrl })

/** As the services document it. */
export const hostedServices: readonly HostedService[] = [
  service('OpenAI', 'OPENAI_API_KEY', 'https://api.openai.com/v1'),
  service('Gemini', 'GEMINI_API_KEY', 'https://generativelanguage.googleapis.com/v1beta/openai'),
  service('Gemini', 'GOOGLE_API_KEY', 'https://generativelanguage.googleapis.com/v1beta/openai'),
  service('Anthropic', 'ANTHROPIC_API_KEY', 'https://api.anthropic.com/v1'),
  service('OpenRouter', 'OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1'),
  service('Alibaba Cloud (Qwen)', 'DASHSCOPE_API_KEY', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1'),
  service('Mistral', 'MISTRAL_API_KEY', 'https://api.mistral.ai/v1'),
  service('xAI', 'XAI_API_KEY', 'https://api.x.ai/v1'),
  service('Together', 'TOGETHER_API_KEY', 'https://api.together.xyz/v1'),
  service('Fireworks', 'FIREWORKS_API_KEY', 'https://api.fireworks.ai/inference/v1'),
  service('Groq', 'GROQ_API_KEY', 'https://api.groq.com/openai/v1'),
  service('DeepInfra', 'DEEPINFRA_API_KEY', 'https://api.deepinfra.com/v1/openai'),
  service('NVIDIA', 'NVIDIA_API_KEY', 'https://integrate.api.nvidia.com/v1'),
  service('Hugging Face', 'HF_TOKEN', 'https://router.huggingface.co/v1'),
]

/** Those whose variable is set in this environment. */
export function servicesWithKeys(env: Readonly<Record<string, string | undefined>>): readonly HostedService[] {
  return hostedServices.filter(({ keyEnv }) => (env[keyEnv] ?? '').trim() !== '')
}
