//! The stacks of a worker's errors in terms of the files that people wrote, when the option `sourceMap` says so. V8 asks
//! here when a stack is read for the first time, so that an unread one costs nothing.

use std::rc::Rc;

use deno_core::{JsRuntime, OpState, error, op2, v8};

use super::source_maps::{Place, SourceMaps};

/// Shows stacks from now on as this file does.
pub fn install(isolate: &mut v8::OwnedIsolate) {
    isolate.set_prepare_stack_trace_callback(prepare);
}

/// Has stacks name the files that the script at `path` was built from, and those that it imports.
#[op2(fast)]
pub fn op_source_maps(state: &mut OpState, #[string] path: &str, #[string] text: &str) {
    state.put(Rc::new(SourceMaps::new(path, text)));
}

fn prepare<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    error: v8::Local<'s, v8::Value>,
    frames: v8::Local<'s, v8::Array>,
) -> v8::Local<'s, v8::Value> {
    let shown = error::prepare_stack_trace_callback(scope, error, frames);
    mapped(scope, shown, frames).unwrap_or(shown)
}

/// A stack as it is shown, with its places replaced; `None` when all stay. What a script's own `prepareStackTrace` has
/// made is the script's business.
fn mapped<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    shown: v8::Local<'s, v8::Value>,
    frames: v8::Local<'s, v8::Array>,
) -> Option<v8::Local<'s, v8::Value>> {
    let maps = JsRuntime::op_state_from(scope)
        .try_borrow()
        .ok()?
        .try_borrow::<Rc<SourceMaps>>()?
        .clone();
    v8::tc_scope!(let scope, scope);
    let text = v8::Local::<v8::String>::try_from(shown)
        .ok()?
        .to_rust_string_lossy(scope);
    if is_prepared_by_script(scope)? {
        return None;
    }
    let mut lines: Vec<String> = text.split('\n').map(String::from).collect();
    // The message comes first, in as many lines as it has.
    let first = lines.len().checked_sub(frames.length() as usize)?;
    let mut is_changed = false;
    for index in 0..frames.length() {
        let place = frames.get_index(scope, index).and_then(|frame| place(scope, frame));
        let Some((place, original)) = place.and_then(|place| Some((place.to_string(), maps.find(&place)?))) else {
            continue;
        };
        let line = &mut lines[first + index as usize];
        if let Some(start) = line.rfind(&place) {
            line.replace_range(start..start + place.len(), &original.to_string());
            is_changed = true;
        }
    }
    let lines = is_changed.then(|| lines.join("\n"))?;
    v8::String::new(scope, &lines).map(Into::into)
}

fn is_prepared_by_script(scope: &mut v8::PinScope) -> Option<bool> {
    let global = scope.get_current_context().global(scope);
    let class = get(scope, global, "Error")?;
    let Ok(class) = v8::Local::<v8::Object>::try_from(class) else {
        return Some(false);
    };
    Some(get(scope, class, "prepareStackTrace")?.is_function())
}

/// Where a frame is, if it is in a script.
fn place<'s>(scope: &mut v8::PinScope<'s, '_>, frame: v8::Local<'s, v8::Value>) -> Option<Place> {
    let frame = v8::Local::<v8::Object>::try_from(frame).ok()?;
    let file = ask(scope, frame, "getFileName")?;
    let line = ask(scope, frame, "getLineNumber")?.uint32_value(scope)?;
    let column = ask(scope, frame, "getColumnNumber")?.uint32_value(scope)?;
    (file.is_string() && line > 0 && column > 0).then(|| Place {
        file: file.to_rust_string_lossy(scope),
        line,
        column,
    })
}

fn ask<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    frame: v8::Local<'s, v8::Object>,
    method: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let method = v8::Local::<v8::Function>::try_from(get(scope, frame, method)?).ok()?;
    method.call(scope, frame.into(), &[])
}

fn get<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Value>> {
    let name = v8::String::new(scope, name)?;
    object.get(scope, name.into())
}
