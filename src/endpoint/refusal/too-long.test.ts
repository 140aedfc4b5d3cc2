/** Refusals for length, in the words of servers in wide use, and sentences that only look alike. */
import { describe, expect, test } from 'vitest'
import { imageCap, isTooLong, meaningOf, readRefusal, roomLeft } from './refusal.ts'

const read = (status: number, body: object) => readRefusal({ status, text: JSON.stringify(body) })
const openai = (message: string, more: object = {}) => ({ error: { message, type: 'invalid_request_error', ...more } })

describe('too long for the context', () => {
  test.each([
    [
      'OpenAI',
      400,
      openai("This model's maximum context length is 128000 tokens. However, your messages resulted in 140512 tokens."),
    ],
    ['mlx-vlm', 400, { detail: 'Protected conversation exceeds the available context budget.' }],
    ['OpenAI, by code', 400, openai('Bad request.', { code: 'context_length_exceeded' })],
    [
      'OpenAI responses',
      400,
      openai('Your input exceeds the context window of this model. Please adjust your input and try again.'),
    ],
    [
      'OpenAI TPM',
      429,
      openai(
        'Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 41234. The input or output tokens must be reduced in order to run successfully.',
        { code: 'rate_limit_exceeded' },
      ),
    ],
    [
      'Azure',
      400,
      {
        statusCode: 400,
        message:
          "This model's maximum context length is 8192 tokens, however you requested 9000 tokens (8000 in your prompt; 1000 for the completion).",
      },
    ],
    [
      'Anthropic',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message:
            'input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000, decrease input length or `max_tokens` and try again',
        },
      },
    ],
    [
      'Gemini',
      400,
      [
        {
          error: {
            code: 400,
            message: 'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
    ],
    [
      'Vertex',
      400,
      openai(
        'Unable to submit request because the input token count is 33000 but model only supports up to 32768. Reduce the input token count and try again.',
      ),
    ],
    ['Bedrock', 400, { message: 'The model returned the following errors: Input is too long for requested model.' }],
    [
      'Bedrock Converse',
      400,
      { message: 'The model returned the following errors: prompt is too long: 213462 tokens > 200000 maximum' },
    ],
    [
      'Bedrock Llama',
      400,
      {
        message:
          "Validation Error: This model's maximum context length is 8192 tokens. Please reduce the length of the prompt",
      },
    ],
    [
      'xAI',
      400,
      {
        code: 'Client specified an invalid argument',
        error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
      },
    ],
    [
      'Groq',
      400,
      openai('Please reduce the length of the messages or completion.', { code: 'context_length_exceeded' }),
    ],
    ['Groq, words alone', 400, openai('Please reduce the length of the messages or completion.')],
    [
      'Mistral',
      400,
      {
        object: 'error',
        message: 'Prompt contains 131_100 tokens, too large for model with 131072 maximum context length',
        code: '3051',
      },
    ],
    ['Together', 400, openai("This model's maximum context length is 8193 tokens. The given prompt had 9000 tokens.")],
    ['Fireworks', 400, openai('The prompt is too long: 40123, model maximum context length: 32768')],
    [
      'OpenRouter',
      400,
      openai(
        "This endpoint's maximum context length is 131072 tokens. However, you requested about 141000 tokens (131000 of text input, 10000 in the output). Please reduce the length of either one.",
      ),
    ],
    [
      'OpenRouter, the words behind',
      400,
      {
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: { raw: '{"error":{"message":"prompt is too long: 3 tokens > 2 maximum"}}', provider_name: 'X' },
        },
      },
    ],
    [
      'LiteLLM',
      400,
      openai(
        'litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - {"error":{"message":"context_length"}}',
      ),
    ],
    ['Moonshot', 400, openai('Your request exceeded model token limit: 262144 (requested: 270000)')],
    ['Moonshot 2', 400, openai('Invalid request: Input token length too long')],
    ['Zhipu', 400, { error: { code: '1261', message: 'Prompt 超长' } }],
    [
      'MiniMax',
      400,
      {
        type: 'error',
        error: {
          type: 'bad_request_error',
          message: 'invalid params, context window exceeds limit (2013)',
          http_code: '400',
        },
      },
    ],
    [
      'DashScope',
      400,
      openai('<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]'),
    ],
    ['DashScope 2', 400, openai('The input length exceeds the context length of the model')],
    [
      'DeepSeek',
      400,
      openai(
        "This model's maximum context length is 65536 tokens. However, you requested 70012 tokens (65012 in the messages, 5000 in the completion). Please reduce the length of the messages or completion.",
      ),
    ],
    [
      'Cohere',
      400,
      {
        message:
          'too many tokens: size limit exceeded by 1204 tokens. Try using shorter or fewer inputs, or setting prompt_truncation',
      },
    ],
    [
      'Copilot',
      400,
      openai('prompt token count of 140000 exceeds the limit of 128000', { code: 'model_max_prompt_tokens_exceeded' }),
    ],
    [
      'vLLM 0.6',
      400,
      {
        object: 'error',
        message:
          "This model's maximum context length is 4096 tokens. However, you requested 5096 tokens (4596 in the messages, 500 in the completion).",
      },
    ],
    [
      'vLLM 0.10',
      400,
      openai(
        'The decoder prompt (length 41000) is longer than the maximum model length of 32768. Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens. For image inputs, the number of image tokens depends on the number of images, and possibly their aspect ratios as well.',
      ),
    ],
    [
      'vLLM 0.17',
      400,
      openai(
        'max_tokens=8192 cannot be greater than max_model_len=max_total_tokens=4096. Please request fewer output tokens.',
        { param: 'max_tokens' },
      ),
    ],
    [
      'vLLM in characters',
      400,
      openai(
        "This model's maximum context length is 4096 tokens. However, you requested 512 output tokens and your prompt contains 90000 characters (more than 86016 characters, which is the upper bound for 3584 input tokens).",
      ),
    ],
    [
      'SGLang',
      400,
      {
        object: 'error',
        message:
          "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 40000 tokens: 31808 tokens from the input messages and 8192 tokens for the completion.",
      },
    ],
    [
      'SGLang pictures',
      400,
      {
        object: 'error',
        message:
          'Multimodal prompt is too long after expanding multimodal tokens. After expanding len(req.origin_input_ids_unpadded)=120 => 45000 >= 32768',
      },
    ],
    [
      'TGI',
      422,
      {
        error: 'Input validation error: `inputs` must have less than 4095 tokens. Given: 5213',
        error_type: 'validation',
      },
    ],
    [
      'TensorRT-LLM',
      400,
      {
        object: 'error',
        message:
          'Prompt length (5056) exceeds maximum input length (2048). Set log level to info and check TRTGptModel logs for how maximum input length is set',
      },
    ],
    [
      'TensorRT-LLM sum',
      400,
      {
        object: 'error',
        message:
          'The sum of prompt length (30001.0), query length (0) and max_tokens (512) should not exceed max_seq_len (8192)',
      },
    ],
    [
      'LMDeploy',
      400,
      { object: 'error', message: 'The input length 40000 exceeds the session_len 32768 of the engine' },
    ],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 4390,
          n_ctx: 4096,
        },
      },
    ],
    [
      'llama.cpp batch',
      500,
      {
        error: {
          code: 500,
          message: 'input is too large to process. increase the physical batch size',
          type: 'server_error',
        },
      },
    ],
    ['Ollama', 500, openai('input length exceeds maximum context length')],
    [
      'LM Studio',
      400,
      {
        error:
          'Trying to keep the first 9034 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
      },
    ],
    ['mlx', 400, { detail: 'Prompt has 9000 tokens, which exceeds the maximum context length of 8192' }],
    ['a gateway', 413, openai('Conversation too long: 250000 tokens, limit is 200k tokens')],
  ])('%s', (_, status, body) => {
    const refusal = read(status, body)
    expect(isTooLong(refusal)).toBe(true)
    expect(meaningOf(refusal).kind).toBe('too-long')
    expect(imageCap(refusal)).toBeUndefined()
  })

  test.each([
    [
      'exact',
      'maximum context length is 4096 tokens. However, you requested 4500 tokens (3500 in the messages, 1000 in the completion).',
      596,
    ],
    [
      'with separators',
      'The model has a context length of 32,768 tokens; there are 30,000 input tokens and 4,000 output tokens.',
      2768,
    ],
    [
      'at least',
      'maximum context length is 4096 tokens. However, you requested 500 output tokens and your prompt contains at least 3597 input tokens.',
      undefined,
    ],
    [
      'an upper bound',
      'context length is 4096 tokens. Your prompt contains 110 characters (the upper bound for 0 input tokens).',
      undefined,
    ],
    [
      'about',
      'maximum context length is 4096 tokens. However, you requested about 4500 tokens (3500 of text input, 1000 in the output).',
      undefined,
    ],
    ['no prompt', 'maximum context length is 4096 tokens.', undefined],
  ])('room for a reply: %s', (_, message, room) => {
    expect(roomLeft(read(400, openai(message)))).toBe(room)
  })

  test.each([
    [
      429,
      'Rate limit reached for m on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
    ],
    [429, 'You have sent too many tokens. Slow down.'],
    [400, "'messages' must contain the word 'json' in some form"],
    [400, 'Invalid token in header: the bearer token has exceeded its lifetime.'],
    [400, 'No context was given for the request'],
    [504, 'context deadline exceeded'],
    [500, 'The request took too long to process'],
    [
      400,
      "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 6 instead.",
    ],
    [
      400,
      "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 100 instead.",
    ],
    [
      400,
      'max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.',
    ],
    [400, 'At most 5 image(s) may be provided in one request.'],
    [400, 'Image exceeds the maximum size of 8000 pixels'],
    [413, 'Request body exceeds the limit of 20 MB'],
    [400, 'total message size 2500000 exceeds limit 2097152'],
    [400, 'The context parameter is not supported'],
    [400, 'temperature must be less than or equal to 2'],
  ])('not too long: %d %s', (status, message) => {
    expect(isTooLong(read(status, openai(message)))).toBe(false)
    expect(meaningOf(read(status, openai(message))).kind).not.toBe('too-long')
  })
})
