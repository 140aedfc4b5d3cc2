/** The meaning of servers' error codes and types. Data. */
import { entriesOf } from '../../shared/fields.ts'

/** Causes of refusals, other than counts. */
export type Cause =
  | 'key'
  | 'quota'
  | 'busy'
  | 'filtered'
  | 'model-unknown'
  | 'no-pictures'
  | 'no-tools'
  | 'too-many-images'
  | 'image-too-large'
  | 'image-too-small'
  | 'image-unreadable'
  | 'too-long'
  | 'request-too-large'

/** Lower-case codes by cause. Ambiguous codes such as `invalid_request_error` are not listed. */
const byCause: Readonly<Record<Cause, string>> = {
  key: 'invalid_api_key incorrect_api_key_error invalid_authentication_error authentication_error invalidapikey',
  quota:
    'insufficient_quota billing_hard_limit_reached billing_not_active exceeded_current_quota_error arrearage ' +
    'insufficient_balance insufficient_balance_error insufficient_user_quota insufficient_credits budget_exceeded ' +
    'payment_required credit_limit_exceeded prepaidbilloverdue 1113 1008',
  busy:
    'overloaded_error engine_overloaded_error rate_limit_exceeded rate_limit_error rate_limit_reached_error server_busy ' +
    'resource_exhausted throttlingexception model_loading service_unavailable provider_overloaded provider_unavailable ' +
    'limit_requests limit_burst_rate 1302 1303 1305',
  filtered:
    'content_filter content_policy_violation contentpolicyviolationerror responsibleaipolicyviolation ' +
    'data_inspection_failed datainspectionfailed image_content_policy_violation moderation_blocked ' +
    'sensitive_words_detected prompt_blocked prohibited_content 1301 1026 1027',
  'model-unknown':
    'model_not_found model_not_available model_not_exist modelnotfound deploymentnotfound model_decommissioned invalid_model ' +
    'resource_not_found_error 1211 1500',
  'no-pictures': 'image_input_not_supported vision_not_supported unsupported_content_type',
  'no-tools': 'tool_use_not_supported tools_not_supported',
  'too-many-images': 'too_many_images max_images_exceeded image_limit_exceeded',
  'image-too-large': 'image_too_large image_file_too_large max_image_size_exceeded',
  'image-too-small': 'image_too_small image_file_too_small',
  'image-unreadable':
    'invalid_image invalid_image_format invalid_base64_image image_parse_error image_content_invalid unsupported_image_format ' +
    'unsupported_image_media_type empty_image_file',
  'too-long':
    'context_length_exceeded context_window_exceeded contextwindowexceedederror exceed_context_size_error ' +
    'model_max_prompt_tokens_exceeded max_context_length_exceeded token_limit_exceeded tokens_limit_reached input_too_long ' +
    'prompt_too_long 1261',
  'request-too-large': 'request_too_large requestentitytoolarge payload_too_large string_above_max_length',
}

const causes: ReadonlyMap<string, Cause> = new Map(
  entriesOf(byCause).flatMap(([cause, codes]) => codes.split(' ').map((code) => [code, cause] as const)),
)

/** The cause of any of the codes. */
export function causeOfCode(codes: string): Cause | undefined {
  for (const code of codes.toLowerCase().split(' ')) {
    const cause = causes.get(code)
    if (cause !== undefined) return cause
  }
  return undefined
}
