//! Values at rest: V8's structured clone, with the version that Node writes too.
//!
//! Nothing is kept that only lives in memory: shared buffers, WebAssembly modules and objects over native memory are
//! refused as functions are.

use bytes::Bytes;
use deno_core::v8;
use deno_core::v8::{ValueDeserializerHelper, ValueSerializerHelper};

use crate::protocol::clone::VERSION;
use crate::web::clone::mark;

/// The bytes of a value; `None` when that threw. May run the user's code (getters).
pub fn write<'s>(scope: &mut v8::PinScope<'s, '_>, value: v8::Local<'s, v8::Value>) -> Option<Bytes> {
    let mark = if value.is_object() { mark(scope) } else { None };
    let mark = mark.map(|mark| v8::Global::new(scope, mark));
    let serializer = v8::ValueSerializer::new(scope, Box::new(AtRest { mark }));
    serializer.write_header();
    let context = scope.get_current_context();
    if serializer.write_value(context, value) != Some(true) {
        return None;
    }
    let mut bytes = serializer.release();
    bytes[1] = VERSION;
    Some(bytes.into())
}

/// Parses a value; `None` when the bytes are no valid value.
pub fn read<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::Value>> {
    v8::tc_scope!(let scope, scope);
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(AtRest { mark: None }), bytes);
    let context = scope.get_current_context();
    match deserializer.read_header(context) {
        Some(true) => deserializer.read_value(context),
        _ => None,
    }
}

struct AtRest {
    /// Of the interfaces whose objects are refused.
    mark: Option<v8::Global<v8::Symbol>>,
}

impl AtRest {
    fn refuse(&self, scope: &mut v8::PinScope, kind: &str) {
        if let Some(message) = v8::String::new(scope, &format!("#<{kind}> could not be cloned.")) {
            let error = v8::Exception::error(scope, message);
            scope.throw_exception(error);
        }
    }
}

impl v8::ValueSerializerImpl for AtRest {
    fn throw_data_clone_error<'s>(&self, scope: &mut v8::PinScope<'s, '_>, message: v8::Local<'s, v8::String>) {
        let error = v8::Exception::error(scope, message);
        scope.throw_exception(error);
    }

    fn has_custom_host_object(&self, _isolate: &v8::Isolate) -> bool {
        self.mark.is_some()
    }

    fn is_host_object<'s>(&self, scope: &mut v8::PinScope<'s, '_>, object: v8::Local<'s, v8::Object>) -> Option<bool> {
        if object.internal_field_count() > 0 || object.is_api_wrapper() {
            return Some(true);
        }
        let Some(mark) = &self.mark else {
            return Some(false);
        };
        let mark = v8::Local::new(scope, mark);
        object.has(scope, mark.into())
    }

    fn write_host_object<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        object: v8::Local<'s, v8::Object>,
        _serializer: &dyn ValueSerializerHelper,
    ) -> Option<bool> {
        let name = object.get_constructor_name().to_rust_string_lossy(scope);
        self.refuse(scope, &name);
        None
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        _buffer: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        self.refuse(scope, "SharedArrayBuffer");
        None
    }

    fn get_wasm_module_transfer_id(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        _module: v8::Local<v8::WasmModuleObject>,
    ) -> Option<u32> {
        self.refuse(scope, "WebAssembly.Module");
        None
    }
}

impl v8::ValueDeserializerImpl for AtRest {}
