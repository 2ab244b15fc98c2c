//! A site's files as the worker's JavaScript reads them (`site-namespace.ts`), by the rules of KV namespaces.

use std::rc::Rc;

use deno_core::{OpState, op2, v8};

use super::space::SiteSpace;
use crate::kv::calls::{self, Wanted};
use crate::kv::namespace::KvError;
use crate::realm::instance::Instance;
use crate::realm::pending::answer;
use crate::realm::value::Value;

fn now_ms(state: &OpState) -> f64 {
    state.borrow::<Rc<Instance>>().clock.now_ms()
}

/// The contents of a file below `root`, as those of a KV namespace's key.
#[op2]
pub fn op_site_get(
    state: &mut OpState,
    #[string] root: &str,
    #[string] key: String,
    bytes: bool,
    metadata: bool,
    #[string] cache_ttl: Option<String>,
) -> Result<Value, KvError> {
    let space = Rc::new(SiteSpace::new(root));
    let wanted = Wanted { bytes, metadata };
    answer(state, calls::get(space, key, wanted, cache_ttl, now_ms(state)))
}

/// A page of the paths below `root`, as one of a KV namespace's keys.
#[op2]
pub fn op_site_list<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[string] root: &str,
    query: v8::Local<'s, v8::Value>,
) -> Result<Value, KvError> {
    let space = Rc::new(SiteSpace::new(root));
    let query = Value::from_v8(scope, query);
    answer(state, calls::list(space, query, now_ms(state)))
}
