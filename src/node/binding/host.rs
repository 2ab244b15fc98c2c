//! Functions of Node's JavaScript that answer the calls of workers: one for each copy of the package in an environment, as
//! under Jest, which evaluates it again for every test file. Numbers of those that have been collected are given again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use super::environment::Environment;
use super::failure::{Code, Result};
use super::scope::{Handle, Reference, Scope};
use crate::realm::host::Host;
use crate::realm::value::Value;

/// The host functions of an environment. Each is held only while it has lanes, so that a test file's JavaScript goes when
/// it is done.
#[derive(Default)]
pub struct Hosts(RefCell<BTreeMap<u32, Rc<Reference>>>);

impl Hosts {
    /// Adds a function, `(lane, call, args)`, and returns its number.
    pub fn add(&self, scope: Scope, function: Handle) -> Result<u32> {
        self.sweep(scope);
        let reference = Rc::new(Reference::new(scope, function, 0)?);
        let mut hosts = self.0.borrow_mut();
        let number = (0..).find(|number| !hosts.contains_key(number)).unwrap_or_default();
        hosts.insert(number, reference);
        Ok(number)
    }

    pub fn get(&self, number: u32) -> Result<Rc<Reference>> {
        let found = self.0.borrow().get(&number).cloned();
        found.ok_or_else(|| Code::NotOpen.because(format!("no host has the number {number}")))
    }

    /// Frees the references to functions that have been collected.
    fn sweep(&self, scope: Scope) {
        let gone = |reference: &Rc<Reference>| matches!(reference.get(scope), Ok(None));
        let collected = self
            .0
            .borrow_mut()
            .extract_if(.., |_, host| gone(host))
            .collect::<Vec<_>>();
        for (_, host) in collected {
            // One that a lane still has is held, so it has not been collected.
            if let Some(reference) = Rc::into_inner(host) {
                reference.delete(scope);
            }
        }
    }
}

/// The host of one lane.
pub struct NodeHost {
    environment: Weak<Environment>,
    function: Rc<Reference>,
    lane: u32,
}

impl NodeHost {
    pub fn new(scope: Scope, environment: &Rc<Environment>, function: Rc<Reference>, lane: u32) -> NodeHost {
        function.hold(scope);
        NodeHost {
            environment: Rc::downgrade(environment),
            function,
            lane,
        }
    }

    fn ask(&self, scope: Scope, call: u32, args: Vec<Value>) -> Result<Value> {
        let Some(function) = self.function.get(scope)? else {
            return Ok(Value::Undefined);
        };
        let arguments = [
            Value::Number(f64::from(self.lane)).into_node(scope)?,
            Value::Number(f64::from(call)).into_node(scope)?,
            Value::List(args).into_node(scope)?,
        ];
        Value::from_node(scope, scope.call(function, &arguments)?)
    }
}

impl Drop for NodeHost {
    fn drop(&mut self) {
        // After the end of the environment there are no references left to count.
        if self.environment.strong_count() > 0 {
            // SAFETY: an environment that has not been dropped has not ended.
            unsafe { self.function.let_go() };
        }
    }
}

impl Host for NodeHost {
    fn call(&self, call: u32, args: Vec<Value>) -> Value {
        let Some(environment) = self.environment.upgrade() else {
            return Value::Undefined;
        };
        // SAFETY: a lane runs on its environment's thread, in a call from Node that lasts longer than this one.
        let scope: Scope = unsafe { Scope::new(environment.env()) };
        let answer = scope.part(|scope| self.ask(scope, call, args));
        answer.and_then(Result::ok).unwrap_or_else(|| {
            // The JavaScript half catches everything, so this is the end of the environment on its way (`process.exit`, a
            // terminated worker thread), which needs no report.
            scope.forget_exception();
            Value::Undefined
        })
    }
}
