//! Requirements that are rows: for each of something, an expression in CEL holds.
//!
//! Expressions are compiled once per run. One that cannot be evaluated on a subject is a finding, because nothing was judged there.

mod bound;
mod expression;
mod functions;
mod item;
mod items;
mod scope;
mod template;
mod value;

use std::sync::OnceLock;

use am_product::Distribution;
use cel::{
    Context as CelContext,
    common::{types::CelString, value::CowVal},
    context::VariableResolver,
};
use serde_json::{Value, json};

use self::{
    expression::{Expression, OWN},
    functions::ENVIRONMENT,
    item::{Item, Looked},
    scope::Look,
    template::Template,
};
use crate::{
    context::{Context, Fault, Judge},
    requirement::Row,
};

/// A row whose expressions are compiled.
#[derive(Clone)]
pub(crate) struct Compiled {
    look: Look,
    over: Option<Expression>,
    when: Option<Expression>,
    variables: Vec<(String, Expression)>,
    holds: Expression,
    at: Vec<Template>,
    fault: Template,
    help: Template,
    value: Option<Expression>,
    /// Variables for which any of them asks.
    wanted: Vec<String>,
}

/// A field of a row that is wrong.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Its name.
    pub(crate) field: &'static str,
    /// What is wrong with it, and what was probably meant.
    pub(crate) message: String,
}

fn wrong(field: &'static str) -> impl Fn(String) -> Wrong {
    move |message| Wrong { field, message }
}

/// What expressions call an entry of the list that a row goes through.
const ENTRY: &str = "item";

/// How findings begin that say that nothing was judged.
pub(crate) const UNJUDGED: &str = "it cannot be judged";

/// Compiles a row.
pub(crate) fn compile(row: &Row) -> Result<Compiled, Wrong> {
    let look = Look::read(&row.each).map_err(wrong("each"))?;
    let mut scope = look.variables();
    let over = row.over.as_deref();
    let over = over.map(|source| Expression::compile(source, &scope).map_err(wrong("over")));
    if over.is_some() {
        scope.push(ENTRY);
    }
    let mut own: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for variable in &row.variables {
        let known: Vec<&str> = scope
            .iter()
            .copied()
            .chain(own.iter().map(String::as_str))
            .collect();
        let compiled = Expression::compile(&variable.expression, &known)
            .map_err(|error| wrong("variables")(format!("{}: {error}", variable.name)))?;
        let name = format!("{OWN}.{}", variable.name);
        values.push((name.clone(), compiled));
        own.push(name);
    }
    let variables: Vec<&str> = scope
        .iter()
        .copied()
        .chain(own.iter().map(String::as_str))
        .collect();
    let expression =
        |name, source: &str| Expression::compile(source, &variables).map_err(wrong(name));
    let template = |name, source: &str| Template::compile(source, &variables).map_err(wrong(name));
    let when = row.when.as_deref();
    let when = when.map(|source| Expression::compile(source, &scope).map_err(wrong("when")));
    let value = row
        .value
        .as_deref()
        .map(|source| expression("value", source));
    let at = row.at.all().iter().map(|source| template("at", source));
    let mut compiled = Compiled {
        over: over.transpose()?,
        when: when.transpose()?,
        holds: expression("holds", &row.holds)?,
        at: at.collect::<Result<_, _>>()?,
        fault: template("fault", &row.fault)?,
        help: template("help", &row.help)?,
        value: value.transpose()?,
        variables: values,
        look,
        wanted: Vec::new(),
    };
    compiled.wanted = compiled.asked_for();
    Ok(compiled)
}

impl Compiled {
    fn asked_for(&self) -> Vec<String> {
        let templates = self.at.iter().chain([&self.fault, &self.help]);
        let conditions = self.over.iter().chain(&self.when);
        let expressions = conditions.chain([&self.holds]).chain(&self.value);
        expressions
            .chain(self.variables.iter().map(|(_, expression)| expression))
            .chain(templates.flat_map(Template::expressions))
            .flat_map(|expression| expression.variables().iter().cloned())
            .collect()
    }

    /// Looks at everything that the row is about.
    pub(crate) fn judge(&self, context: &Context<'_>, judge: &mut Judge<'_>) {
        let Ok(environment) = ENVIRONMENT.as_ref() else {
            return judge.unsupported("expressions cannot be evaluated");
        };
        let looked = Looked {
            context,
            wanted: &self.wanted,
        };
        let subject = Everywhere::new(context);
        // `each`, `over` and `when` are its condition, in data. A run in which they leave nothing anywhere says so.
        judge.applies(false, self.look.nothing(context));
        for item in self.look.items(&looked) {
            let variables = Variables {
                item: &item,
                everywhere: &subject,
            };
            let mut cel = CelContext::with_env(environment.clone());
            cel.set_variable_resolver(&variables);
            match self.over.as_ref().map(|over| over.entries(&cel)) {
                None => self.judge_one(&item, &mut cel, judge),
                Some(Ok(entries)) => {
                    for entry in entries {
                        cel.add_variable_as_val(ENTRY, entry);
                        self.judge_one(&item, &mut cel, judge);
                    }
                }
                Some(Err(error)) => unjudged(&item, &format!("`over`: {error}"), judge),
            }
        }
    }

    fn judge_one(&self, item: &Item<'_>, cel: &mut CelContext<'_, '_>, judge: &mut Judge<'_>) {
        match self.holds_on(cel) {
            Ok(None) => {}
            Ok(Some(good)) => judge.require(good, || self.fault(item, cel)),
            Err(error) => unjudged(item, &error, judge),
        }
    }

    /// Whether the row holds on an item; nothing where it is not about it.
    fn holds_on(&self, cel: &mut CelContext<'_, '_>) -> Result<Option<bool>, String> {
        if let Some(when) = &self.when
            && !when
                .holds(cel)
                .map_err(|error| format!("`when`: {error}"))?
        {
            return Ok(None);
        }
        for (name, expression) in &self.variables {
            let value = expression
                .value(cel)
                .map_err(|error| format!("`{name}`: {error}"))?;
            cel.add_variable_as_val(name, value);
        }
        let holds = self.holds.holds(cel);
        holds.map(Some).map_err(|error| format!("`holds`: {error}"))
    }

    fn fault<'a>(&self, item: &Item<'a>, cel: &CelContext<'_, '_>) -> Fault<'a> {
        let mut fault = Fault::new(self.fault.fill(cel), self.help.fill(cel));
        let places: Vec<String> = self.at.iter().map(|at| at.fill(cel)).collect();
        if let Some((configuration, span)) = &item.configuration {
            let key = places.first().cloned().unwrap_or_default();
            let found = configuration
                .effective
                .as_ref()
                .and_then(|values| values.get(&key));
            let of_key = found.and_then(|found| found.provenance.span());
            fault = fault.at(configuration, key, span.or(of_key));
        } else {
            if let Some(object) = item.object {
                fault = fault.object(object);
            }
            for place in places {
                fault = fault.field(place);
            }
        }
        match self.value.as_ref().map(|value| value.text(cel)) {
            Some(Ok(value)) if !value.is_empty() => fault.value(value),
            _ => fault,
        }
    }
}

/// Nothing was judged there, so it is not passed over.
fn unjudged(item: &Item<'_>, error: &str, judge: &mut Judge<'_>) {
    let place = item
        .object
        .map_or_else(String::new, |object| format!(" on {}", object.reference()));
    let fault = Fault::new(
        format!("{UNJUDGED}{place}: {error}"),
        "correct the document where it is not as its kind wants it, or the expression where it expects too much",
    );
    judge.looked();
    judge.fault(match item.object {
        Some(object) => fault.object(object),
        None => fault,
    });
}

/// Variables that every scope has, made when they are first asked for.
struct Everywhere<'a> {
    context: &'a Context<'a>,
    subject: OnceLock<Value>,
    product: OnceLock<Value>,
}

impl<'a> Everywhere<'a> {
    fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            subject: OnceLock::new(),
            product: OnceLock::new(),
        }
    }

    fn subject(&self) -> &Value {
        self.subject.get_or_init(|| {
            let context = self.context;
            let mut made = serde_json::to_value(context.subject).unwrap_or_default();
            let components = context.pattern().keys().map(|component| component.name());
            if let Value::Object(fields) = &mut made {
                fields.insert("components".into(), components.collect());
                let server = context.graph.identity_server.as_ref();
                let at = server.map_or("", |server| &server.at);
                fields.insert("identityServer".into(), at.into());
            }
            made
        })
    }

    fn product(&self) -> &Value {
        self.product.get_or_init(|| {
            let product = self.context.subject.pattern.product(self.context.version);
            json!({
                "version": product.release(),
                "images": Distribution::all().map(Distribution::pack).collect::<Vec<_>>(),
                "imageUser": product.user(),
            })
        })
    }
}

/// The variables of an expression on an item.
struct Variables<'i, 'a> {
    item: &'i Item<'a>,
    everywhere: &'i Everywhere<'a>,
}

impl VariableResolver for Variables<'_, '_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(bound) = bound::find(&self.item.variables, name) {
            return Some(CowVal::Owned(bound.val()));
        }
        let objects = &self.everywhere.context.manifest.objects;
        match name {
            "subject" => Some(CowVal::Owned(value::of(self.everywhere.subject()))),
            "product" => Some(CowVal::Owned(value::of(self.everywhere.product()))),
            "objects" => Some(CowVal::owned(value::list(
                objects.iter().map(|object| &object.value),
            ))),
            "reference" => {
                let reference = self
                    .item
                    .object
                    .map(|object| object.reference().to_string());
                Some(CowVal::owned(CelString::from(
                    reference.unwrap_or_default(),
                )))
            }
            _ => None,
        }
    }
}
