// Compatibility flags that change nothing here: workers behave as with each of them on, or lack what it is for. Loaded when
// flags are named; docs/compatibility.md lists them for users.

/** `[enable flag, disable flag, on since]`. */
type Flag = readonly [enable: string, disable?: string, since?: string];

/** Flags whose newer behaviour workers always have. */
const NEWEST: readonly Flag[] = [
  ["enhanced_error_serialization", "legacy_error_serialization", "2026-04-21"],
  ["strip_authorization_on_cross_origin_redirect", "retain_authorization_on_cross_origin_redirect", "2025-09-01"],
  ["set_event_target_this", "no_set_event_target_this", "2025-08-01"],
  ["set_forwardable_email_full_headers", "set_forwardable_email_single_headers", "2025-08-01"],
  ["enable_weak_ref", "disable_weak_ref", "2025-05-05"],
  ["urlpattern_standard", "urlpattern_original", "2025-05-01"],
  ["enable_request_signal", "disable_request_signal"],
  ["unique_ctx_per_invocation", "nonclass_entrypoint_reuses_ctx_across_invocations", "2025-03-10"],
  ["fixup-transform-stream-backpressure", "original-transform-stream-backpressure", "2024-12-16"],
  ["disable_top_level_await_in_require", "enable_top_level_await_in_require", "2024-12-02"],
  ["cache_option_enabled", "cache_option_disabled", "2024-11-11"],
  ["handle_cross_request_promise_resolution", "no_handle_cross_request_promise_resolution", "2024-10-14"],
  ["set_tostring_tag", "do_not_set_tostring_tag", "2024-09-26"],
  ["allow_custom_ports", "ignore_custom_ports", "2024-09-02"],
  ["internal_writable_stream_abort_clears_queue", "internal_writable_stream_abort_does_not_clear_queue", "2024-09-02"],
  ["blob_standard_mime_type", "blob_legacy_mime_type", "2024-06-03"],
  ["fetch_standard_url", "fetch_legacy_url", "2024-06-03"],
  ["internal_stream_byob_return_view", "internal_stream_byob_return_undefined", "2024-05-13"],
  ["brotli_content_encoding", "no_brotli_content_encoding", "2024-04-29"],
  ["fetcher_no_get_put_delete", "fetcher_has_get_put_delete", "2024-03-26"],
  ["unwrap_custom_thenables", "no_unwrap_custom_thenables", "2024-04-01"],
  ["no_global_importscripts", "global_importscripts", "2024-03-04"],
  ["crypto_preserve_public_exponent", "no_crypto_preserve_public_exponent", "2023-12-01"],
  ["strict_compression_checks", "no_strict_compression_checks", "2023-08-01"],
  ["strict_crypto_checks", "no_strict_crypto_checks", "2023-08-01"],
  ["urlsearchparams_delete_has_value_arg", "no_urlsearchparams_delete_has_value_arg", "2023-07-01"],
  ["response_redirect_url_standard", "response_redirect_url_original", "2023-03-14"],
  ["http_headers_getsetcookie", "no_http_headers_getsetcookie", "2023-03-01"],
  ["url_standard", "url_original", "2022-10-31"],
  ["capture_async_api_throws", "do_not_capture_async_api_throws", "2022-10-31"],
  ["dont_substitute_null_on_type_error", "substitute_null_on_type_error", "2022-06-01"],
  ["workers_api_getters_setters_on_prototype", "workers_api_getters_setters_on_instance", "2022-01-31"],
  ["streams_byob_reader_detaches_buffer", "streams_byob_reader_does_not_detach_buffer", "2021-11-10"],
];

/** Flags of Cloudflare's network and of features that are missing, or that no test can observe. */
const WITHOUT_EFFECT: readonly Flag[] = [
  ["fetch_iterable_type_support", undefined, "2026-02-19"],
  ["enable_validate_workflow_entrypoint", "disable_validate_workflow_entrypoint", "2025-09-20"],
  ["expose_global_message_channel", "no_expose_global_message_channel", "2025-08-15"],
  ["throw_on_unrecognized_import_assertion", "ignore_unrecognized_import_assertion", "2025-06-16"],
  ["allow_eval_during_startup", "disallow_eval_during_startup", "2025-06-01"],
  ["cache_api_request_cf_overrides_cache_rules", "no_cache_api_request_cf_overrides_cache_rules", "2025-05-19"],
  ["cache_api_compat_flags", "no_cache_api_compat_flags", "2025-04-19"],
  ["request_cf_overrides_cache_rules", "no_request_cf_overrides_cache_rules", "2025-04-02"],
  ["cache_no_cache_enabled", "cache_no_cache_disabled", "2025-08-07"],
  ["vectorize_query_metadata_optional", "vectorize_query_original", "2023-11-08"],
  ["no_cf_botmanagement_default", "cf_botmanagement_default", "2023-08-01"],
  ["dynamic_dispatch_tunnel_exceptions", "dynamic_dispatch_treat_exceptions_as_500", "2023-03-01"],
  ["minimal_subrequests", "no_minimal_subrequests", "2022-04-05"],
  ["no_cots_on_external_fetch", "cots_on_external_fetch", "2022-03-08"],
  ["global_fetch_strictly_public", "global_fetch_private_origin"],
  ["request_signal_passthrough", "no_request_signal_passthrough"],
  ["queue_consumer_no_wait_for_wait_until", "queue_consumer_wait_for_wait_until"],
  ["new_module_registry", "legacy_module_registry"],
  ["pedantic_wpt", "non_pedantic_wpt"],
  ["r2_public_beta_bindings", "r2_internal_beta_bindings"],
  ...[
    ...["durable_object_alarms", "durable_object_rename", "durable_object_get_existing", "tcp_sockets_support"],
    ...["experimental", "service_binding_extra_handlers", "rtti_api", "webgpu", "unsafe_module", "js_rpc"],
    ...["kv_direct_binding", "increase_websocket_message_size", "replica_routing", "enable_d1_with_sessions_api"],
    ...["memory_cache_delete", "tail_worker_user_spans", "streaming_tail_worker", "enable_web_file_system"],
    ...["enable_abortsignal_rpc", "connect_pass_through", "unsupported_process_actual_platform"],
    ...["typescript_strip_types", "allow_insecure_inefficient_logged_eval", "enable_email_sending_queuing"],
  ].map((name): Flag => [name]),
];

/** Flags of Node's modules, which need `nodejs_compat`, and of Python, by how their names begin. */
const FAMILIES = /^(no_|enable_|disable_|remove_|add_)?(nodejs_|python_)/;

export { FAMILIES, NEWEST, WITHOUT_EFFECT };
