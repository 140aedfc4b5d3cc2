/**
 * The vocabulary of refusals. Every expression is applied to at most a few thousand characters, and has no nested repetition and only
 * bounded gaps. Data.
 */

const anyOf = (...alternatives: readonly string[]): RegExp => new RegExp(alternatives.join('|'), 'i')

const image = '(?:images?\\b|image\\(s\\)|image_url|pictures?\\b|photos?\\b|图片|图像)'
const images = '(?:images|image[ _](?:items?|inputs?|parts?|attachments?|blocks?|urls?|files?)|pictures|photos)'
const not = "(?:not|n't|cannot|no)"
const measures = 'sizes?|resolutions?|dimensions?|shapes?|widths?|heights?|aspect ratios?|number of (?:patches|tokens)'
const otherSizes = `(?:different|differing|varying|various|mixed|unequal|other) (?:${measures})`
const notPossible =
  "(?:are |is )?(?:currently )?(?:unsupported|(?:not|(?:are|is)n't) (?:currently |yet )?(?:supported|allowed|accepted|permitted|possible))"

export const says = {
  /** A TLS server that received plain HTTP. */
  wantsHttps: anyOf('plain http request was sent to (?:an? )?https', 'http request to an https server'),
  key: anyOf(
    'api[ _-]?key (?:is |was )?(?:not valid|invalid|incorrect|expired|not found|missing|revoked|disabled)',
    '(?:access|bearer) token (?:is |was |has )?(?:not valid|invalid|incorrect|expired|missing|revoked|no longer valid)',
    '(?:invalid|incorrect|missing|expired|revoked|no|wrong) (?:authentication|api[ _-]?key|bearer token|access token)',
  ),
  imageMiss: anyOf('cache miss', 'expected a cached item', 'mm_hash', 'multi_?modal_uuids?'),

  filtered: anyOf(
    'content (?:filter|management policy|policy|moderation|safety)',
    '(?:inappropriate|prohibited|unsafe|harmful|sensitive|objectionable) (?:or \\w+ )?content',
    'safety (?:system|filter|policy|guidelines?|settings)',
    '(?:input|prompt|content|image|request|output)[^.]{0,60}\\bflagged',
    'flagged[^.]{0,40}(?:moderation|content|policy|safety|unsafe)',
    'violat\\w{1,5}[^.]{0,60}(?:polic|guideline|terms)',
    'considered high risk',
    'guardrail',
    'new_sensitive',
    'block\\w{0,3}[^.]{0,40}(?:safety|moderation|polic|filter)|sensitive (?:information|words?)',
    '敏感|违规|不合规|审核',
  ),

  quotaSpent: anyOf(
    '(?:insufficient|exhausted|exceeded|depleted|used up|run out of|ran out of|out of|not enough|used all)' +
      '[^.]{0,40}(?:balance|credits?\\b|funds|current quota|monthly|billing|spending)',
    '(?:balance|credits?|quota)[^.]{0,30}(?:insufficient|exhausted|depleted|too low|used up|not enough)',
    'payment required|billing (?:hard )?limit|spend(?:ing)? limit|(?:weekly|monthly)[^.]{0,12}(?:limit|quota|usage)',
    'usage limit for this|account[^.]{0,20}(?:in arrears|overdue|not in good standing|in good standing)|purchase more credits',
    'usage limit|unpaid|over budget|exceeded ?budget|key limit exceeded|insufficient_quota|upgrade your plan',
    '(?:quota|limit)[^.]{0,20}(?:this|per|for the) (?:month|week|billing)',
    'free (?:tier|quota|allocated)(?![^.]{0,60}minute)[^.]{0,40}(?:exceed|exhaust|used up)',
    'total requests? limit (?:is |was |has been )?(?:reached|exceeded)',
    '余额不足|欠费|额度不足|额度已用',
  ),
  /** DashScope also uses the quota code for rate limiting. */
  throttledQuota: anyOf(
    '(?<!free )allocated quota exceeded',
    '(?:aliyun|alibabacloud)\\S{0,100}#(?:token|rate|request)-?limit',
  ),
  perDay: anyOf('per[ -]day\\b', '(?:daily|\\brpd\\b|\\btpd\\b)'),
  rate: anyOf(
    'rate.?limit',
    '(?:per|a|each|/) ?(?:minute|min\\b|second|sec\\b|hour|day)',
    '\\b[rt]p[smhd]\\b',
    'too many (?:concurrent )?requests',
    'quota',
    'concurrency',
    '每(?:分钟|秒|小时|天|日)',
  ),
  busy: anyOf(
    'overloaded|over ?load\\b|(?:at|over) capacity|capacity exceeded|too many (?:concurrent )?requests|rate.?limit|throttl',
    'temporarily (?:unavailable|rate)|try again (?:later|in |shortly|soon)|(?:server|system|service|model|engine) (?:is )?(?:too |currently )?busy|retry later',
    '(?:currently|still|is) (?:loading|starting|warming|initializing)|model (?:un|re)loaded|loading model|queue is full',
    'slow down|not ready|no capacity|no available (?:channel|capacity|instance|server)|no healthy (?:upstream|deployment)|concurrency limit',
    '繁忙|请求过多|稍后再试|请稍后|限流|频率',
  ),

  modelUnknown: anyOf(
    'invalid model(?: name| id|:| ?=| [`\'"])|unknown model|no such model|not a valid model|model not exist|not found the model',
    "models?\\b.{0,160}?(?:(?:does|do|did) ?(?:not|n't) exist|not found|not exist\\b|is unknown|not recognized|is not (?:loaded|deployed|served|hosted|a valid))",
    'no model named|could not find (?:the )?model|access to (?:the |this )?model|model \\S{1,120} is not (?:available (?:on|here|in)|supported(?!.{0,20}(?:image|vision)))',
    'deployment[^.]{0,80}does not exist|model identifier is invalid|no models? (?:is |are )?loaded|(?:failed to load|cannot load) model',
    '模型不存在',
  ),

  image: anyOf(image, '\\bmultimodal (?:item|file)'),
  /** The number of pictures, not their size. */
  imageCount: anyOf(
    `(?:number|count|amount|total|quantity) of (?:\\w{1,12} ){0,2}${image}|many (?:\\w{1,12} ){0,2}${image}`,
    `${image} (?:count|limit)|\\bimages?[ _]nums?\\b|${image} number (?=exceeds|is |must |should |cannot |>)|image(?:_url)?\\(s\\)|(?:max|num|limit)_images`,
    `\\d (?:\\w{1,12} ){0,2}${images}\\b|\\d images? (?:per|in|allowed|is|are|may|can)\\b`,
    `(?:at most|up to|only|max(?:imum)?(?: of)?|limit of|more than|supports?|accepts?) (?:a )?1 (?:\\w{1,12} ){0,2}${image}`,
    `${images}\\b[^.]{0,60}(?:max|limit|exceed|at most|up to|no more|fewer|less|>|<=)`,
    `(?:max|limit)\\w{0,4} (?:\\w{1,12} ){0,3}${images}\\b|too much media|media items|图片数|张图`,
  ),
  /** More than one picture, refused without a number. */
  oneImage: anyOf(
    "(?:not|n't) support multiple (?:images|pictures)",
    `multiple ${images} (?:(?:per|in) (?:a |1 |one |the |each |single )?(?:prompt|request|message|conversation|turn) )?${notPossible}`,
    // Crops differ in size from the original.
    `(?:images|pictures) (?:of|with|having|in) ${otherSizes}[^.]{0,40}${notPossible}`,
    `(?:not|n't) (?:currently |yet )?(?:support|accept|allow|handle)\\w{0,3} (?:multiple )?(?:images|pictures) (?:of|with|having|in) ${otherSizes}`,
    `(?:all|multiple) (?:\\w{1,12} )?(?:images|pictures)[^.]{0,30}(?:have|be|share)(?: of)? the same (?:${measures})`,
  ),
  tooManyImages: anyOf(
    `too many (?:\\w{1,12} ){0,2}${image}`,
    'too much media',
    `(?:number of|count of|more) (?:\\w{1,12} )?${image}[^.]{0,40}(?:exceed|over the|too (?:many|large|high)|than (?:allowed|supported|permitted))`,
    `exceed[^.]{0,40}(?:number of|count of) (?:\\w{1,12} )?${image}`,
    `${image} (?:count|number|limit)[^.]{0,24}exceed`,
    '图片数量?(?:过多|超)',
  ),
  /** A sentence after one about pictures that has limits of its own. */
  ofSomethingElse: anyOf('token|length|context|size|pixel|byte|rate'),
  encoderCache: anyOf('encoder cache', 'encoder compute budget', 'encoder budget'),
  aspectRatio: anyOf('aspect ratio', '宽高比', '长宽比'),
  /** Dimensions of a picture, in messages that do not mention the picture. */
  shape: anyOf('aspect ratio|height\\W{0,3}\\d{1,6}[^.]{0,12}width|width\\W{0,3}\\d{1,6}[^.]{0,12}height'),
  imageSize: anyOf(
    `${image}[^.]{0,120}(?:pixels?|\\bpx\\b|dimensions?|resolution|width|height|\\bside|bytes?\\b|\\d ?[kmg]i?b\\b|size|too (?:large|big|small|wide|tall)|megapixel|\\d ?x ?\\d|大小|尺寸)`,
    `(?:pixels?|dimensions?|resolution|width|height|size|bytes?|large|small|big)[^.]{0,60}${image}`,
    'multi-?modal (?:file|data|input) size|height:|width:|min_pixels|max_pixels|长度和宽度',
  ),
  imageUnreadable: anyOf(
    `(?:could not|cannot|can't|can not|unable to|failed to|fail to|error while|error)[^.]{0,24}(?:load|decod|open|pars|identify|read|download|fetch|process (?:the |this |your |input )?(?=image\\b))\\w{0,4}[^.]{0,30}${image}`,
    `${image}[^.]{0,60}(?:not (?:a )?valid|is invalid|could not be (?:loaded|decoded|opened|read|processed)|corrupt|truncated|not be identified)`,
    `(?:invalid|unsupported|corrupt(?:ed)?|malformed) ${image}`,
    `${image}[^.]{0,20}(?:format|type|media type|mime)[^.]{0,40}${not} (?:\\w{1,12} ){0,2}(?:supported|valid|allowed)|unsupported (?:image|media) (?:format|type)`,
  ),

  /** Some pictures: of a kind, in a place, or of a certain form. Others may be read. */
  somePictures: anyOf(
    '(?:animated|gif|webp|svg|tiff|bmp|heic|avif|cmyk|gr[ae]yscale|transparent|remote|large|big|small|tiny|different|multiple|interleaved)' +
      ' (?:\\w{1,12} )?(?:images?|pictures?)\\b',
    '(?:images?|pictures?) (?:urls?\\b|links?\\b|detail|generation|editing|output|caching)',
    '(?:images?|pictures?) (?:inputs? |parts? )?(?:of|with|without|having|from|larger|smaller|wider|taller|above|below|over) ' +
      '(?!(?:this|the|your|an?) (?:model|server|endpoint|deployment|version))',
    '(?:images?|pictures?) (?:inputs? |parts? )?(?:in|inside) (?:an? |the )?(?:system|assistant|tool|developer|first|earlier|previous)',
  ),
  noPictures: anyOf(
    "(?:not|n't) (?:a )?(?:multi-?modal|vision|visual)\\b",
    `${not} (?:\\w{1,12} ){0,3}?(?:support|accept|process|take|handle|enabled? for|compatible with)\\w{0,3} (?:\\w{1,12} ){0,3}(?:${image}|vision|multi-?modal)`,
    `(?:${image}|vision|multi-?modal)(?: \\w{1,12}){0,3} (?:is |are )?(?:not supported|unsupported|not enabled|disabled|not available|not allowed)`,
    `should be .?text\\b|no (?:vision|image) (?:encoder|tower|projector|support)|only text\\b[^.]{0,20}support`,
    `no (?:endpoints?|providers?|models?)[^.]{0,40}support[^.]{0,24}(?:${image}|vision)`,
    'mmproj|model projector|missing data required for image',
    'image_url[^.]{0,60}(?:only supported|not supported|unsupported|unknown variant|not allowed|invalid type)',
    '(?:unknown variant|unsupported content (?:part )?type|unknown part type|invalid content type|content type)[^.]{0,24}image',
    '(?:only supports?|supports? only|accepts? only|must be) text|text-only|text only',
    'content\\S{0,12} ?:? (?:input should be a valid string|str type expected|value must be a string)|content (?:must|should) be (?:a |of type )?string',
    '不支持(?:图片|图像|多模态|视觉)',
  ),
  noTools: anyOf(
    'enable-auto-tool-choice|tool-call-parser|requires --jinja',
    `${not} support (?:\\w{1,12} ){0,2}(?:tools?|functions?)\\b|${not} (?:\\w{1,12} )?(?:endpoints?|models?) found that support tool`,
    '(?:tools?|function)(?: use| calls?| calling| choice)? (?:is |are )?(?:not supported|unsupported|not enabled)',
  ),

  /** The context as a whole. */
  context: anyOf(
    'context[ _-]?(?:length|window|size|limit|len|budget)s?\\b|exceed_context_size|\\bn_ctx\\b|num_?keep\\b|total context|上下文',
    'max_(?:model_len|num_tokens|seq_len|total_tokens|input_tokens|input_len(?:gth)?|context_len(?:gth)?|position_embeddings)|session_len',
    '(?:model|sequence|prompt|input)(?: token)? (?:length|limit)|maximum (?:model|sequence|input|prompt) length|kv[ _]cache',
    'max(?:imum)? context\\b|context (?:exceeded|overflow|is full)|must be at least 1, got -|\\d[- ]tokens? (?:context|window)',
  ),
  prompt: anyOf(
    '\\b(?:prompts?|inputs?|messages?|conversation|question|requests?|requested|sequence|query|total|sum|multimodal)\\b|(?:input|prompt)_tokens|context|输入|提示',
  ),
  tokens: anyOf('tokens\\b|token (?:count|limit|length|number|budget)|max_model_len'),
  replyTokens: anyOf(
    '\\bmax[_ ](?:completion[_ ]|new[_ ]|output[_ ]|gen(?:eration)?[_ ])?(?:tokens|len(?:gth)?)\\b|maxoutputtokens|max_new_tokens',
    '(?:output|completion|generated|new|reply|response) tokens|(?:in|for|of|or) (?:the |your )?(?:completion|output)|tokens to generate',
    '\\d tokens requested|requested:? \\d|you requested',
  ),
  /** The parameter for them is what is wrong: the request is only named as what has it. */
  replyTokensSet: anyOf('\\bmax_(?:completion_|new_|output_)?tokens\\b'),
  excess: anyOf(
    'exceed|too (?:long|large|many|big|small|high)|(?:longer|larger|greater|bigger|more|higher) than|beyond|(?:over|above) (?:the )?(?:limit|max|\\d)',
    "(?:does|do|did) ?(?:not|n't) fit|reduce|shorten|maximum|\\bmax\\b|\\blimit\\b|>=?|<=?|≤|(?:less|fewer|smaller|shorter) than|must be|should (?:be|not)|out of range",
    'run out|is only|only \\d|\\bbut\\b|\\bgot\\b|provided|overflow|not enough|insufficient|numkeep|过长|超长|超过|超出|太长|过大|取值范围|at most|no more than|valid range',
  ),
  tooSmall: anyOf(
    'too (?:small|low|narrow)|at least(?! one)|minimum|must be (?:larger|greater|more|bigger)|should be (?:larger|greater|at least)',
    '(?<!be )(?:smaller|less|lower) than (?:the )?(?:min|\\d)|below (?:the )?min|过小|太小',
  ),
  promptTooLong: anyOf(
    '(?:prompt|inputs?|messages?|conversation|request|sequence|query)\\b[^.]{0,60}(?:too (?:long|large to process)|longer than|over(?:flow|-?length))',
    '(?:prompt|inputs?|messages?|conversation|sequence)\\b[^.]{0,60}(?:exceed|greater than|larger than|more than)[^.]{0,30}(?:length|limit|max)',
    '(?:total )?length of[^.]{0,30}(?:prompt|input|message)[^.]{0,40}(?:must|should|cannot|exceed)',
    'token (?:limit|count|length|number)s?[^.]{0,20}exceed|number of tokens[^.]{0,20}exceed|exceed[^.]{0,40}(?:number of tokens|token (?:limit|count))',
    '(?:prompt|conversation|context)\\b[^.]{0,20}too (?:large|big)|(?:inputs?|messages?|sequence)\\b[^.]{0,20}too (?:large|big): \\d{1,9} ?>=? ?\\d',
    'max(?:imum)? (?:number of )?(?:input|prompt) (?:characters|chars)\\b|max(?:imum)? size:? \\d{1,9} tokens\\b',
    'context shift is disabled|cannot truncate to \\d+, required|max(?:imum)? length of (?:the )?(?:current )?(?:question|message|prompt|input)',
    'range of input length|too many (?:input |prompt )?tokens|reduce the length of|maximum prompt length|samebatch',
    '(?<!max_)tokens?的?(?:总数|数量?|个数|长度)[^。]{0,12}(?:超|大于|过多|过大)',
    '(?:上下文|输入|提示词|prompt|对话|消息|文本)[^。]{0,20}(?:过长|超长|超过|超出|太长)',
  ),
  /** A request that can never fit, although the message is about rates. */
  neverFits: anyOf(
    'request too large for|(?:message|prompt|input)s? (?:size |length )?(?:is |are )?too (?:long|large)[^.]{0,40}tokens per',
  ),
  /** Sentences with "too long" or "length" that are not about tokens. */
  notLength: anyOf(
    '(?:took|taking|takes) too long|time[d]? ?-?out|deadline|string too long|array too long|url (?:is )?too long|(?:file ?)?name (?:is )?too long',
    '(?:access|bearer|auth\\w{0,12}|refresh|api|id) tokens?\\b|(?:odd|even) number',
    '(?:\\d ?[kmg]i?b\\b|\\bbytes\\b)|message size|content-length|extra inputs|not permitted|less than the .?context_window|max_?output_?tokens value',
    'maximum tokens (?:you requested|value)',
  ),
  tooManyBytes: anyOf(
    '(?:request|payload|body|entity|message size|content|upload)\\b[^.]{0,60}(?:too large|exceed|larger than|over)[^.]{0,60}(?:bytes|\\d ?[kmg]i?b\\b)',
    '(?:payload|entity|request body|body) (?:is )?too large|message size[^.]{0,30}exceed|string too long|max bytes|maximum request (?:body )?size|maxlength: \\d{1,9}, actual',
  ),

  unsupported: anyOf(
    `un-?supported|${not} (?:currently |yet )?(?:be )?(?:support|supported|permitted|allowed|accepted|recognized|implemented|available for|compatible)|unknown|unrecogni[sz]ed`,
    'extra (?:inputs|fields)|cannot find field|unexpected (?:keyword|field|parameter|argument|propert)|was unexpected|additional propert',
    "deprecated|only the default|cannot (?:both )?be (?:specified|used|set)|invalid (?:parameter|argument|field|property)\\b|does ?(?:not|n't) (?:accept|take|allow)",
  ),
} as const
