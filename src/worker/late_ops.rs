//! Late ops: those that no script of the snapshot names. V8 would make a function of each again for every isolate, and
//! most workers use none. So the snapshot knows nothing of them, and a realm makes one when a lazy script takes it.
//!
//! deno_core lays out the contexts of all ops one after the other, in the order of the extensions. The late ones come last,
//! behind `op_late`, which finds them from its own.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use deno_core::_ops::{OpCtx, OpDecl};
use deno_core::{AccessorType, Extension, OpMetadata, ascii_str, v8};

use super::snapshot;

/// The ops of all extensions, parted once for the process.
static PARTED: OnceLock<Parted> = OnceLock::new();

struct Parted {
    /// Of each extension, those that the snapshot has.
    early: Vec<Vec<OpDecl>>,
    late: Vec<OpDecl>,
}

// SAFETY: what declares an op is names and functions, which nothing ever changes.
unsafe impl Send for Parted {}
// SAFETY: as above.
unsafe impl Sync for Parted {}

/// Leaves the late ops out of the extensions that the snapshot is made of, and returns their names.
pub fn take(extensions: &mut Vec<Extension>) -> Result<Vec<&'static str>, String> {
    let named = named(extensions)?;
    let mut late = Vec::new();
    for extension in extensions.iter_mut() {
        extension.ops.to_mut().retain(|op| {
            let is_early = op.constructable || named.contains(op.name);
            if !is_early {
                late.push(op.name);
            }
            is_early
        });
    }
    extensions.push(maker());
    Ok(late)
}

/// What the scripts of the extensions name of ops.
fn named(extensions: &[Extension]) -> Result<HashSet<String>, String> {
    let mut named = HashSet::new();
    let scripts = |extension: &'_ Extension| {
        let files = [
            &extension.js_files,
            &extension.esm_files,
            &extension.lazy_loaded_js_files,
        ];
        files.into_iter().flat_map(|files| files.to_vec()).collect::<Vec<_>>()
    };
    for script in extensions.iter().flat_map(scripts) {
        let text = script
            .load()
            .map_err(|error| format!("{}: {error}", script.specifier))?;
        let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let words = text.as_str().split(|character: char| !is_word(character));
        named.extend(words.filter(|word| word.starts_with("op_")).map(str::to_owned));
    }
    Ok(named)
}

/// Puts the late ops behind all others, in an isolate that starts from the snapshot.
pub fn put_last(extensions: &mut Vec<Extension>) {
    let parted = PARTED.get_or_init(|| part(extensions));
    for (extension, early) in extensions.iter_mut().zip(&parted.early) {
        extension.ops = Cow::Borrowed(early);
    }
    extensions.push(maker());
    extensions.push(Extension {
        name: "miniflare_late",
        ops: Cow::Borrowed(&parted.late),
        ..Default::default()
    });
}

fn part(extensions: &[Extension]) -> Parted {
    let names = snapshot::late_ops();
    let is_late = |op: &&OpDecl| names.contains(&op.name);
    let all = || extensions.iter().flat_map(|extension| extension.ops.iter());
    let of = |extension: &Extension| extension.ops.iter().filter(|op| !is_late(op)).copied().collect();
    Parted {
        early: extensions.iter().map(of).collect(),
        late: names
            .iter()
            .filter_map(|name| all().find(|op| op.name == *name))
            .copied()
            .collect(),
    }
}

/// The extension of `op_late`, the last op of the snapshot.
fn maker() -> Extension {
    Extension {
        name: "miniflare_op_late",
        ops: Cow::Borrowed(&[OP_LATE]),
        ..Default::default()
    }
}

/// `(name)`: makes the function of a late op; `[function, isAsync]`.
///
/// It needs its own context, which `op2` gives to no op.
const OP_LATE: OpDecl = OpDecl::new_internal_op2(
    ("op_late", ascii_str!("op_late")),
    false,
    true,
    false,
    1,
    false,
    false,
    op_late,
    with_status,
    AccessorType::None,
    None,
    None,
    OpMetadata::default(),
);

extern "C" fn op_late(info: *const v8::FunctionCallbackInfo) {
    with_status(info);
}

fn with_status(info: *const v8::FunctionCallbackInfo) -> usize {
    // SAFETY: V8 calls with what it has for this call.
    let info = unsafe { &*info };
    v8::callback_scope!(unsafe scope, info);
    let args = v8::FunctionCallbackArguments::from_function_callback_info(info);
    let name = args.get(0).to_rust_string_lossy(scope);
    match late(scope, &args, &name) {
        Some(made) => v8::ReturnValue::from_function_callback_info(info).set(made.into()),
        None => {
            let text = format!("{name} is not among the snapshot's late ops");
            if let Some(message) = v8::String::new(scope, &text) {
                let error = v8::Exception::error(scope, message);
                scope.throw_exception(error);
            }
        }
    }
    0
}

fn late<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: &v8::FunctionCallbackArguments,
    name: &str,
) -> Option<v8::Local<'s, v8::Array>> {
    let index = PARTED.get()?.late.iter().position(|op| op.name == name)?;
    let own = args.data().try_cast::<v8::External>().ok()?.value().cast::<OpCtx>();
    // SAFETY: deno_core gives each op its context, in an array of all that lives as long as the isolate; behind that of
    // `op_late` are those of the late ops, in their order.
    let context = unsafe { &*own.add(1 + index) };
    if context.decl().name != name {
        return None;
    }
    // SAFETY: of the references of an op, the second is its function.
    let callback = unsafe { context.external_references()[1].function };
    let data = v8::External::new(scope, std::ptr::from_ref(context).cast_mut().cast());
    let function = v8::Function::builder_raw(callback)
        .data(data.into())
        .length(i32::from(context.decl().arg_count))
        .constructor_behavior(v8::ConstructorBehavior::Throw)
        .build(scope)?;
    let is_async = v8::Boolean::new(scope, context.decl().is_async);
    Some(v8::Array::new_with_elements(scope, &[function.into(), is_async.into()]))
}
