/** What servers in wide use say when they refuse, and what it means; and sentences that only look alike. */
import { describe, expect, test } from 'vitest'
import { imageCap, meaningOf, readRefusal } from './refusal.ts'
import type { Meaning } from './refusal.ts'

const read = (status: number, body: object) => readRefusal({ status, text: JSON.stringify(body) })
const openai = (message: string, more: object = {}) => ({ error: { message, type: 'invalid_request_error', ...more } })
const kindOf = (status: number, message: string, more: object = {}): Meaning['kind'] =>
  meaningOf(read(status, openai(message, more))).kind

describe('too many pictures', () => {
  test.each([
    ['vLLM', 'At most 5 image(s) may be provided in one prompt.', 5],
    ['vLLM, a flag', "You set {'image': 1} in `limit_mm_per_prompt`, but passed 3 image items in the same prompt.", 1],
    ['SGLang', 'Image count 3 exceeds limit 2 per request.', 2],
    ['OpenAI', 'Too many images in request. Max is 10.', 10],
    ['Azure', 'Invalid Request: at most 50 images can be included in a request, 51 given', 50],
    ['Anthropic', 'messages: too many images and documents: 120 + 0 > 100', 100],
    ['Anthropic 2', 'Too much media: 0 document pages + 107 images > 100', 100],
    [
      'Copilot',
      'The request contains too many images: 11 images were provided, but the model supports a maximum of 10 images.',
      10,
    ],
    ['a gateway', 'request contains 52 images, exceeding the maximum of 50 allowed per request', 50],
    ['Groq', 'This model supports up to five images per request', 5],
    ['Fireworks', 'The number of images (31) exceeds the limit (30) for this model', 30],
    ['Bedrock', 'The number of images in the request is 21, the maximum allowed is 20', 20],
    ['xAI', 'This request has more images than supported: 12 > 10 images', 10],
    ['DashScope', 'The number of image_url should be in [1, 10]', 10],
    ['Zhipu', '图片数量超过上限 5 张图', 5],
    ['Pydantic', 'images: List should have at most 8 items after validation: 9 images', 8],
    ['one only', 'This model only supports one image per prompt', 1],
    ['single', 'The model supports only a single image', 1],
    ['not multiple', 'This model does not support multiple images.', 1],
    ['Scaleway', 'Only 12 images are allowed per conversation', 12],
  ])('%s', (_, message, cap) => {
    const refusal = read(400, openai(message))
    expect(imageCap(refusal)).toBe(cap)
    expect(meaningOf(refusal)).toEqual({ kind: 'too-many-images', cap })
  })

  test('without a number', () => {
    expect(kindOf(400, 'Too many images in the conversation')).toBe('too-many-images')
    expect(kindOf(400, 'no', { code: 'too_many_images' })).toBe('too-many-images')
  })

  test.each([
    [429, 'Rate limit: you may send at most 60 images per minute.'],
    [429, 'Image requests are limited to 5 per minute'],
    [400, 'Image is too large: at most 20 MB'],
    [400, 'Image dimensions exceed the maximum of 8000 pixels'],
    [400, 'The image size must be at most 4096 x 4096'],
    [400, 'image_url: Input should be a valid dictionary'],
    [
      400,
      'The decoder prompt contains a(n) image item with length 16380, which exceeds the encoder cache size 8192. Set --limit-mm-per-prompt.',
    ],
    [400, 'absolute aspect ratio must be smaller than 200, got 250.0'],
    [
      400,
      'The prompt (total length 16601) is too long to fit into the model (total context 10000). For image inputs, the number of image tokens depends on the number of images.',
    ],
    [400, 'Each image may be at most 10 megapixels'],
  ])('not a cap: %d %s', (status, message) => {
    expect(imageCap(read(status, openai(message)))).toBeUndefined()
    expect(kindOf(status, message)).not.toBe('too-many-images')
  })
})

test.each([
  [
    'too-large',
    'messages.7.content.2.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels',
  ],
  ['too-large', 'messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes'],
  [
    'too-large',
    'Image 0 failed: Image exceeds the maximum allowed total pixels. Current dimensions: 4634x12324 = 57109416 pixels. Maximum allowed: 36000000 pixels.',
  ],
  ['too-large', 'Image too large (33177600 pixels max)'],
  [
    'too-large',
    'The decoder prompt contains a(n) image item with length 16380, which exceeds the pre-allocated encoder cache size 8192.',
  ],
  ['too-large', 'Image content must be under 10485760 bytes: the image is larger than that limit'],
  [
    'too-small',
    'The image length and width do not meet the model restrictions. [height:5 or width:300 must be larger than 10]',
  ],
  ['too-small', 'Image is too small: width and height must be at least 28 pixels'],
  ['too-small', 'Image dimensions must be at least 8 pixels on each side'],
  ['too-narrow', 'absolute aspect ratio must be smaller than 200, got 301.0 for the image'],
  ['unreadable', 'Could not process image'],
  ['unreadable', 'Invalid image data.'],
  ['unreadable', 'Provided image is not valid.'],
  ['unreadable', 'cannot identify image file <_io.BytesIO object>'],
  ['unreadable', 'Failed to load image or audio file'],
])('a picture that is %s: %s', (fault, message) => {
  expect(meaningOf(read(400, openai(message)))).toEqual({ kind: 'image-unfit', fault })
})

describe('the others', () => {
  test.each([
    ['filtered', 400, 'Bad request', { code: 'content_filter' }],
    [
      'filtered',
      400,
      'The response was filtered due to the prompt triggering content management policy.',
      { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } },
    ],
    ['filtered', 400, 'Input data may contain inappropriate content.', { code: 'data_inspection_failed' }],
    ['filtered', 400, 'Input data may contain inappropriate content.', {}],
    ['filtered', 400, 'The request was rejected because it was considered high risk', { type: 'content_filter' }],
    ['filtered', 400, '系统检测到输入或生成内容可能包含不安全或敏感内容', { code: '1301' }],
    ['filtered', 403, 'Content violates usage guidelines. Team: x, API key ID: y', {}],
    [
      'filtered',
      403,
      'deepseek requires moderation on X. Your input was flagged for "violence/graphic". No credits were charged.',
      {},
    ],
    ['filtered', 400, 'Your request was rejected by our safety system.', {}],
    ['filtered', 400, 'input new_sensitive (1026)', {}],
    [
      'quota',
      429,
      'You exceeded your current quota, please check your plan and billing details.',
      { code: 'insufficient_quota' },
    ],
    ['quota', 403, 'Your team has used all available credits or reached its monthly spending limit.', {}],
    ['quota', 400, 'Your credit balance is too low to access the API. Please go to Plans & Billing.', {}],
    ['quota', 402, 'Insufficient Balance', {}],
    ['quota', 402, 'This request requires more credits, or fewer max_tokens.', {}],
    ['quota', 400, 'Access denied, please make sure your account is in good standing.', { code: 'Arrearage' }],
    ['quota', 429, '您的账户已欠费，请充值后重试。', { code: '1113' }],
    ['quota', 429, 'Rate limit exceeded: free-models-per-day', {}],
    [
      'quota',
      429,
      'Your account is suspended due to insufficient balance, please recharge',
      { type: 'exceeded_current_quota_error' },
    ],
    ['quota', 400, 'Budget has been exceeded! Current cost: 10.2, Max budget: 10.0', { type: 'budget_exceeded' }],
    ['quota', 429, 'Rate limit reached for requests per day. Please try again in 7h12m.', {}],
    ['busy', 429, 'You exceeded your current quota, please check your plan. Please retry in 34.07s.', {}],
    [
      'busy',
      429,
      'Rate limit reached for m on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.',
      {},
    ],
    ['busy', 400, 'The engine is currently overloaded, please try again later', {}],
    ['busy', 529, 'Overloaded', { type: 'overloaded_error' }],
    ['busy', 400, 'Throttling.RateQuota: Requests rate limit exceeded, please try again later.', {}],
    ['busy', 503, 'Loading model', { type: 'unavailable_error' }],
    // DashScope: too many tokens a minute, under the code of a spent quota.
    [
      'busy',
      429,
      'You exceeded your current quota. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit',
      { code: 'insufficient_quota' },
    ],
    ['busy', 503, 'Provider returned error', { metadata: { error_type: 'provider_overloaded' } }],
    ['too-long', 400, 'Provider returned error', { metadata: { error_type: 'token_limit_exceeded' } }],
    ['image-unfit', 400, 'Provider returned error', { metadata: { error_type: 'image_too_large' } }],
    ['model-unknown', 404, 'Unable to access model x', { code: 'model_not_available' }],
    ['busy', 429, 'Resource has been exhausted (e.g. check quota).', {}],
    ['busy', 400, 'Model is still loading', {}],
    ['key', 401, 'Incorrect API key provided', { code: 'invalid_api_key' }],
    ['key', 403, 'Forbidden', {}],
    ['model-unknown', 404, 'The model `Qwen/Qwen2.5-VL-7B` does not exist.', {}],
    [
      'model-unknown',
      400,
      '/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view available models for your key.',
      {},
    ],
    ['model-unknown', 404, "model 'llava:13b' not found", {}],
    ['model-unknown', 400, 'Model Not Exist', {}],
    ['model-unknown', 400, 'foo/bar is not a valid model ID', {}],
    ['model-unknown', 400, 'Invalid model: pixtral-9', { code: '1500' }],
    ['model-unknown', 404, 'The API deployment for this resource does not exist.', { code: 'DeploymentNotFound' }],
    ['model-unknown', 404, 'Model not found, inaccessible, and/or not deployed', {}],
    ['model-unknown', 404, 'models/gemini-9 is not found for API version v1main', {}],
    ['model-unknown', 400, '模型不存在，请检查模型代码。', { code: '1211' }],
    ['model-unknown', 404, 'Not found the model kimi-x or Permission denied', { type: 'resource_not_found_error' }],
    ['no-pictures', 400, 'm is not a multimodal model', {}],
    [
      'no-pictures',
      500,
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
      {},
    ],
    ['no-pictures', 500, 'image input is not supported by this server', {}],
    ['no-pictures', 404, 'No endpoints found that support image input', {}],
    [
      'no-pictures',
      400,
      'Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`',
      {},
    ],
    ['no-pictures', 400, 'Invalid content type. image_url is only supported by certain models.', {}],
    ['no-pictures', 400, 'Model does not support images. Please use a model that does.', {}],
    ['no-pictures', 400, 'this model is missing data required for image input', {}],
    ['no-pictures', 400, 'messages[1].content must be a string', {}],
    ['no-pictures', 400, "Model only supports text input; received unsupported content type 'image_url'.", {}],
    ['no-pictures', 500, 'Failed to parse messages: Unsupported content part type: "image_url"', {}],
    ['no-tools', 400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', {}],
    ['no-tools', 400, 'registry.ollama.ai/library/llava does not support tools', {}],
    ['no-tools', 404, 'No endpoints found that support tool use.', {}],
    ['no-tools', 500, 'tools param requires --jinja flag', {}],
    ['request-too-large', 413, 'Request Entity Too Large', {}],
    ['request-too-large', 400, 'Exceeded limit on max bytes to request body : 6291456', {}],
    ['request-too-large', 400, 'total message size 2500000 exceeds limit 2097152', {}],
    ['request-too-large', 413, 'Request exceeds the maximum size', { type: 'request_too_large' }],
    ['image-miss', 400, 'Cache miss for image at index 1 but data is not provided.', {}],
    ['image-miss', 500, "Expected a cached item for mm_hash='abc'", {}],
    ['wants-https', 400, 'The plain HTTP request was sent to HTTPS port', {}],
    ['wants-https', 400, 'Client sent an HTTP request to an HTTPS server.', {}],
    ['no-endpoint', 404, 'Not Found', {}],
    ['unknown', 400, 'no', {}],
    ['unknown', 500, 'Internal Server Error', {}],
    ['unknown', 400, 'No image was provided in the last message', {}],
    ['unknown', 400, 'temperature must be at most 2', {}],
    ['unknown', 500, 'GGML_ASSERT(a->ne[2] * 4 == b->ne[0])', {}],
  ])('%s: %d %s', (kind, status, message, more) => {
    expect(kindOf(status, message, more)).toBe(kind)
  })

  test.each([
    [
      'max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.',
      4096,
    ],
    [
      '`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window` for this model',
      8192,
    ],
    ['max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for m', 4096],
    ['Range of max_tokens should be [1, 2000]', 2000],
    ['Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 8192],
    ['max_new_tokens must be <= 512', 512],
    ['max_completion_tokens is too large', undefined],
    ['max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307', 4096],
    [
      'The parameter `max_tokens` specified in the request are not valid: integer above maximum value, expected a value <= 4096, but got 8192 instead.',
      4096,
    ],
    ['body.max_tokens: Input should be less than or equal to 4096', 4096],
    ['Requests with max_tokens > 4096 must have stream=true', 4096],
    ['max_tokens参数非法：取值范围[1,4095]', 4095],
    [
      'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
      4096,
    ],
  ])('more than the model ever writes: %s', (message, cap) => {
    expect(meaningOf(read(400, openai(message)))).toEqual({ kind: 'reply-cap', ...(cap !== undefined && { cap }) })
  })
})
