//! Errors of stores on their way into a worker: their class is their code, for which `realm-errors.ts` has a builder.

use std::borrow::Cow;

use deno_error::{AdditionalProperties, JsErrorClass};

use crate::store::StoreError;

impl JsErrorClass for StoreError {
    fn get_class(&self) -> Cow<'static, str> {
        self.kind.code().into()
    }

    fn get_message(&self) -> Cow<'static, str> {
        self.text.clone().into()
    }

    fn get_additional_properties(&self) -> AdditionalProperties {
        Box::new(std::iter::empty())
    }

    fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
}
