//! Which objects are no data: V8 would take those of some interfaces for plain objects without content.

use deno_core::{op2, v8};

/// What marks the prototypes of interfaces whose objects no storage takes.
pub fn mark<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Symbol>> {
    let name = v8::String::new(scope, "not data")?;
    Some(v8::Symbol::for_api(scope, name))
}

/// Marks the prototype of an interface, so that its objects are refused. For the time when the prototype is made.
#[op2(fast)]
pub fn op_web_refuse_storage<'s, 'i>(scope: &mut v8::PinScope<'s, 'i>, prototype: v8::Local<'s, v8::Object>) {
    let Some(mark) = mark(scope) else { return };
    let marked = v8::Boolean::new(scope, true).into();
    prototype.define_own_property(scope, mark.into(), marked, v8::PropertyAttribute::DONT_ENUM);
}
