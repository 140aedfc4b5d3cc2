/** Further ways to word a refusal, as gateways, libraries and smaller servers do, each with what it means. */
import { expect, test } from 'vitest'
import { meaningOf, readRefusal } from './refusal.ts'

const wordings: Readonly<Record<string, string>> = {
  'too-long': `
    400 Requested tokens (5000) exceed context window of 4096
    400 Input is longer than the context length of this model
    400 The model's context length is 8192 tokens, but 9000 tokens were provided
    400 token limit exceeded: 40000/32768
    400 Input validation error: \`inputs\` tokens + \`max_new_tokens\` must be <= 2048. Given: 2000 \`inputs\` tokens and 512 \`max_new_tokens\`
    400 prompt_tokens (40000) + max_tokens (8192) > max_seq_len (32768)
    400 ValueError: Input length (40001) exceeds max_position_embeddings
    400 The total number of tokens (prompt + completion) must not exceed 32768
    400 length of prompt tokens 5000 is larger than max_input_length 4096
    400 Sequence length 45000 > 32768
    400 输入长度超过模型最大限制
    400 Total tokens of image and text exceed max message tokens
    400 Total tokens exceed max message tokens
    400 Input prompt (4097 tokens) is too long and exceeds limit of 4096
    400 You exceeded the maximum tokens per request
    400 Request exceeds the maximum context of the model
    400 Context overflow: prompt 5000 > n_ctx 4096
    400 Failed to tokenize: prompt too long
    400 slot context exceeded
    400 Maximum number of tokens exceeded
    400 The prompt has 5,012 tokens; the model accepts at most 4,096.
    400 Too many tokens in prompt
    400 input_tokens must be less than 8192
    400 Too many tokens in batch. Max is 16384, got 40000
    400 messages: the total length of text and images is too long
    400 The input (prompt + images) needs 41234 tokens but only 32768 are available
    400 Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.
    400 Prompt tokens (40000) exceeds the model limit
    400 Please reduce the number of tokens in your prompt
    400 Your prompt has 9000 tokens which is beyond this model's window of 8192
    400 Number of input tokens 40000 exceeds max_input_tokens 32768
    400 The engine prompt length 40000 exceeds the max_model_len 32768. Please reduce prompt.
    400 max_tokens must be at least 1, got -200.
    400 Total length of prompt must be less than or equal to 4096
    400 The request's 40000 tokens exceed this deployment's 32k window
    400 Conversation exceeds the model's maximum of 32768 tokens
    400 Request has 9000 tokens, which is over the 8192-token window of this model.
    400 Cannot truncate to 89998, required 355220: text:355351
    400 the max length of current question is 20000
    400 Total number of image tokens 9000 exceeds the maximum of 8192
    500 context shift is disabled
  `,
  'too-many-images': `
    400 You can provide up to 4 images
    400 maximum number of images exceeded (got 5, max 4)
    400 Number of images exceeds 8
    400 image limit reached: 8
    400 Expected at most 3 image inputs, got 5
    400 Only 1 image is supported per message
    400 Exceeded maximum image count of 20
    400 num_images 5 > max 4
    400 Please provide no more than 3 images.
    400 Images per request limited to 10
    400 input should contain less than 10 images
    400 The request has 12 image_url parts; this model takes 10
    400 too many image parts (12), limit: 10
    400 images quantity exceeds the limit, max: 50
    400 Model supports maximum of 1 image
    400 图片数量不能超过10张
    400 multimodal request exceeds 16 media items
    400 This model cannot take more than two pictures at once
    400 You uploaded 6 images. The limit is 5.
    400 limit-mm-per-prompt image=2 exceeded: 3 images given
    400 Max images per request is 16
    400 Request has too many image attachments: 21. Maximum allowed: 20
    400 Cannot process more than 8 images
    400 You may attach at most four images to a request
    400 The maximum image count is 30
  `,
  'image-unfit': `
    400 Image size 20.5MB exceeds the 20MB limit
    400 The image is larger than 10 MB
    400 Image resolution 9000x9000 exceeds maximum 8192x8192
    400 Image width 5 is below the minimum of 28
    400 height:14 or width:28 must be larger than factor:28
    400 image too small
    400 Input image should be at least 10x10
    400 The image has an extreme aspect ratio
    400 absolute aspect ratio must be smaller than 200, got 312.0
    400 image exceeds the size limit
    400 Failed to decode image
    400 images must be smaller than 5MB
    400 <400> InternalError.Algo.InvalidParameter: Multimodal file size is too large
    400 Image pixel count 50000000 exceeds limit 33177600
    400 Image file is truncated
    400 Unsupported image format
    400 <400> InternalError.Algo.InvalidParameter: The image length and width do not meet the model restrictions. [height:8 or width:9 must be larger than 10]
  `,
  key: `
    400 API key not valid. Please pass a valid API key.
    400 API key expired. Please renew the API key.
    400 Missing API key in the request headers
    422 Invalid API-key provided.
  `,
  filtered: `
    400 Prompt blocked due to safety reasons
    400 The prompt was flagged as potentially violating our usage policy
    400 Output blocked by content filtering policy
    400 Request blocked by Azure content filter
    400 内容审核未通过
    400 The request contains sensitive information
    400 Your request was blocked by moderation
    400 This request violates our acceptable use policy
  `,
  quota: `
    429 You have reached your usage limit. Upgrade your plan.
    403 This organization has been disabled due to unpaid invoice
    402 No credits remaining
    429 credits exhausted
    429 Your prepayment credits are depleted
    403 token quota is not enough
    403 user quota is not enough
    403 Free allocated quota exceeded.
    403 The free tier of the model has been exhausted.
    429 Free tier quota exceeded. You have hit your daily limit
    403 Key limit exceeded (total limit)
    402 Insufficient credits. Add more using https://openrouter.ai/credits
    400 ExceededBudget: User=x over budget. Spend=1.2, Budget=1.0
    400 insufficient_quota
    429 You've reached your usage limit for this period
    403 Insufficient balance or no resource package. Please recharge.
    429 Quota exceeded for this month
  `,
  busy: `
    503 Service is too busy. We advise users to temporarily switch
    429 hourly limit reached, resets in 20 minutes
    503 No capacity available
    400 Please slow down
    503 model is not ready
    503 server busy, please try again. maximum pending requests exceeded
    400 system currently busy
    500 Server overloaded, please retry shortly
    400 当前请求过多，请稍后重试
    400 Request was throttled. Expected available in 5 seconds.
    400 Too many concurrent requests
    500 The model is overloaded. Please try again later.
    404 The model is currently not available, try again later
    400 Rate limit exceeded: 20 images per minute
    429 Allocated quota exceeded, please increase your quota limit.
  `,
  'reply-cap': `
    400 Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 8193 (exclusive).
    400 Range of max_tokens should be [1, 8192]
  `,
  unknown: `
    500 CUDA out of memory
    400 the length of messages must be an odd number
    502 upstream connect error or disconnect/reset before headers
    500 The server had an error while processing your request. Sorry about that!
    400 Invalid JSON body
    400 'top_p' must be between 0 and 1
    400 Image URL could not be fetched in context
    400 <400> InternalError.Algo.InvalidParameter: The tool call in the input messages is invalid
  `,
  'model-unknown': `
    404 The requested model was not found
    400 Unknown model: foo
    404 No model named foo
    400 Model 'x' is not available on this server
    404 no such model: x
    400 model x is not supported
    404 The model foo is not served here. Available: bar
    400 Model x does not exist or you have no access
    404 Could not find model x
    403 You do not have access to model x
  `,
  'no-pictures': `
    400 This model cannot process images
    400 Vision is not enabled for this model
    400 image inputs are not supported by this model
    422 Input should be 'text'; got image_url
    400 At most 0 image(s) may be provided in one prompt.
    400 The model does not support image inputs
    400 Multimodal input is not supported
    500 no vision encoder loaded
    400 messages.0.content: only text content is supported
    400 This model is text-only and does not accept images
    400 'messages.1' : for 'role:user' the following must be satisfied('messages.1.content' : value must be a string)
  `,
}

const cases = Object.entries(wordings).flatMap(([kind, lines]) =>
  lines
    .trim()
    .split(/\n\s*/)
    .map((line) => [kind, Number(line.slice(0, 3)), line.slice(4)] as const),
)

test.each(cases)('%s: %d %s', (kind, status, message) => {
  expect(meaningOf(readRefusal({ status, text: JSON.stringify({ error: { message } }) })).kind).toBe(kind)
})
