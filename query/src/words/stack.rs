//! Words of the stack, of lists and of variables: the vocabulary `std`.

use crate::lang::{ErrorClass, Fault, List, Machine, Type, Value, Vocabulary, hint};

use super::{Body, Word, format};

const fn stack(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    run: fn(&mut Machine<'_>) -> Result<(), Fault>,
) -> Word {
    Word::new(Vocabulary::Std, name, signature, params, Body::Stack(run))
}

const fn expands(
    name: &'static str,
    signature: &'static str,
    params: &'static [Type],
    body: &'static str,
) -> Word {
    Word::new(Vocabulary::Std, name, signature, params, Body::Macro(body))
}

const ANY: Type = Type::Any;

pub(super) const WORDS: &[Word] = &[
    stack("call", "program:List -- ", &[Type::List], |machine| {
        let program = pop_list(machine)?;
        machine.run_list(&program)
    })
    .says(
        "Runs a list as a program, over the same stack and variables.",
        &["(,1,2,:add,),:call"],
    ),
    stack("clear", "* -- <empty>", &[], |machine| {
        machine.stack.clear();
        Ok(())
    })
    .says("Removes everything from the stack.", &["a,b,:clear", ":clear"]),
    stack("depth", " -- Int", &[], |machine| {
        let depth = machine.stack.len().to_string();
        machine.stack.push(Value::text(depth));
        Ok(())
    })
    .says("Pushes the number of values on the stack.", &[":depth", "a,b,:depth"]),
    stack("drop", "a:Any -- ", &[ANY], |machine| {
        machine.pop()?;
        Ok(())
    })
    .says("Removes the top of the stack.", &["a,b,:drop"]),
    stack("dup", "a:Any -- Any Any", &[ANY], |machine| copy(machine, 0))
        .says("Pushes the top of the stack once more.", &["a,:dup", "1,:dup,:add"]),
    stack(
        "each",
        "items:List f:List -- f(items[0]) ... f(items[N])",
        &[Type::List, Type::List],
        each,
    )
    .says(
        "Runs a program for each item of a list, the last item first, and leaves the results on the \
         stack.",
        &["(,a,b,),(,:dup,),:each"],
    ),
    stack(
        "format",
        "pattern:String args:List -- String",
        &[Type::Text, Type::List],
        format_text,
    )
    .says(
        "Fills the arguments into a pattern of the kind printf takes: s, d, u, x, X and f.",
        &["%s-%03d,(,a,7,),:format", "%.1f,(,0.25,),:format"],
    ),
    stack("freeze", "* -- <empty>", &[], |machine| {
        machine.freeze();
        Ok(())
    })
    .says(
        "Puts everything on the stack out of reach until the end and forgets variables, so that what \
         follows cannot change it.",
        &["a,b,:freeze", "a,:freeze,b,:clear"],
    ),
    stack("get", "k:String -- Any", &[Type::Text], |machine| {
        let name = pop_text(machine)?;
        let value = machine.variables.get(&name).cloned();
        machine.stack.push(value.ok_or_else(|| hint::unset_variable(&name))?);
        Ok(())
    })
    .says("Pushes the value of a variable.", &["k,v,:set,k,:get"]),
    stack("pick", "aN ... a0 N -- aN ... a0 aN", &[ANY, Type::Int], |machine| {
        let index = pop_position(machine)?;
        let value = machine.stack[index].clone();
        machine.stack.push(value);
        Ok(())
    })
    .says("Pushes a copy of the value N below the top.", &["a,b,c,0,:pick", "a,b,c,2,:pick"]),
    stack(
        "map",
        "items:List f:List -- List(f(items[0]) ... f(items[N]))",
        &[Type::List, Type::List],
        map,
    )
    .says(
        "Runs a program for each item of a list and puts the top of the stack after each into a new \
         list.",
        &["(,1,2,),(,3,:add,),:map"],
    ),
    stack("ndrop", "aN ... a0 N -- aN", &[Type::Int], |machine| {
        let count = pop_count(machine)?;
        let left = machine.stack.len().saturating_sub(count);
        machine.stack.truncate(left);
        Ok(())
    })
    .says("Removes N values from the stack.", &["a,b,c,2,:ndrop", "a,0,:ndrop"]),
    stack("nlist", "aN ... a0 N -- aN List(aN-1 ... a0)", &[Type::Int], |machine| {
        let count = pop_count(machine)?;
        let left = machine.stack.len().saturating_sub(count);
        let items = machine.stack.split_off(left);
        machine.push_list(List::new(items))
    })
    .says("Makes a list of the top N values, the deepest first.", &["a,b,c,2,:nlist"]),
    stack("over", "a:Any b:Any -- Any Any Any", &[ANY, ANY], |machine| copy(machine, 1))
        .says("Pushes a copy of the value below the top.", &["a,b,:over"]),
    stack("-rot", "* a b -- b * a", &[ANY], |machine| {
        machine.stack.rotate_right(1);
        Ok(())
    })
    .says("Moves the top of the stack to the bottom.", &["a,b,c,:-rot"]),
    stack("roll", "aN ... a0 N -- aN-1 ... a0 aN", &[ANY, Type::Int], |machine| {
        let index = pop_position(machine)?;
        let value = machine.stack.remove(index);
        machine.stack.push(value);
        Ok(())
    })
    .says("Moves the value N below the top to the top.", &["a,b,c,2,:roll", "a,b,0,:roll"]),
    stack("rot", "a ... b -- ... b a", &[ANY], |machine| {
        machine.stack.rotate_left(1);
        Ok(())
    })
    .says("Moves the bottom of the stack to the top.", &["a,b,c,:rot"]),
    stack("set", "k:String v:Any -- ", &[Type::Text, ANY], |machine| {
        let value = machine.pop()?;
        let name = pop_text(machine)?;
        machine.variables.insert(name, value);
        Ok(())
    })
    .says("Sets a variable.", &["k,v,:set"]),
    stack("swap", "a:Any b:Any -- Any Any", &[ANY, ANY], |machine| {
        let top = machine.pop()?;
        let below = machine.pop()?;
        machine.stack.extend([top, below]);
        Ok(())
    })
    .says("Exchanges the two values at the top of the stack.", &["a,b,:swap"]),
    stack("list", "* -- List(*)", &[], |machine| {
        let items = std::mem::take(&mut machine.stack);
        machine.push_list(List::new(items.into_iter().rev()))
    })
    .says(
        "Makes a list of everything on the stack, the top first; with :each the order is kept.",
        &["a,b,c,:list", ":list"],
    ),
    expands("2over", "a:Any b:Any -- Any Any Any Any", &[ANY, ANY], ":over,:over")
        .says("Pushes copies of the two values at the top.", &["a,b,:2over"]),
    expands("nip", "a:Any b:Any -- Any", &[ANY, ANY], ":swap,:drop")
        .says("Removes the value below the top.", &["a,b,:nip"]),
    expands("tuck", "a:Any b:Any -- Any Any Any", &[ANY, ANY], ":swap,:over")
        .says("Puts a copy of the top below the second value.", &["a,b,:tuck"]),
    expands("fcall", "? -- ?", &[], ":get,:call").says(
        "Runs the list a variable holds.",
        &["double,(,:dup,:add,),:set,21,double,:fcall"],
    ),
    expands("sset", "v:Any k:String -- ", &[ANY, Type::Text], ":swap,:set")
        .says("Sets a variable whose name comes after the value.", &["v,k,:sset"]),
];

fn copy(machine: &mut Machine<'_>, below_top: usize) -> Result<(), Fault> {
    let index = machine.stack.len().checked_sub(below_top + 1);
    let value = index.and_then(|index| machine.stack.get(index)).cloned();
    machine
        .stack
        .push(value.ok_or_else(|| out_of_range(below_top))?);
    Ok(())
}

fn each(machine: &mut Machine<'_>) -> Result<(), Fault> {
    let program = pop_list(machine)?;
    let items = pop_list(machine)?;
    // The reference walks backwards, so that a list made by :list keeps the order of the stack.
    for item in items.items().iter().rev() {
        machine.stack.push(item.clone());
        machine.run_list(&program)?;
    }
    Ok(())
}

fn map(machine: &mut Machine<'_>) -> Result<(), Fault> {
    let program = pop_list(machine)?;
    let items = pop_list(machine)?;
    let mut results = Vec::with_capacity(items.items().len());
    for item in items.items() {
        machine.stack.push(item.clone());
        machine.run_list(&program)?;
        let result = machine.pop().map_err(|fault| {
            fault.hint("the program of :map has to leave a value for each item")
        })?;
        results.push(result);
    }
    machine.push_list(List::new(results))
}

fn format_text(machine: &mut Machine<'_>) -> Result<(), Fault> {
    let args = pop_list(machine)?;
    let pattern = pop_text(machine)?;
    let text = format::format(&pattern, args.items(), machine.limits())?;
    machine.stack.push(Value::text(text));
    Ok(())
}

fn pop_list(machine: &mut Machine<'_>) -> Result<List, Fault> {
    match machine.pop()? {
        Value::List(list) => Ok(list),
        other => Err(unexpected(&other)),
    }
}

fn pop_text(machine: &mut Machine<'_>) -> Result<std::sync::Arc<str>, Fault> {
    match machine.pop()? {
        Value::Text(text) => Ok(text),
        other => Err(unexpected(&other)),
    }
}

fn pop_int(machine: &mut Machine<'_>) -> Result<i32, Fault> {
    let value = machine.pop()?;
    value.to_int().ok_or_else(|| unexpected(&value))
}

/// A count that may be negative, which means none.
fn pop_count(machine: &mut Machine<'_>) -> Result<usize, Fault> {
    Ok(usize::try_from(pop_int(machine)?).unwrap_or(0))
}

/// The index in the stack of the value some places below the top.
fn pop_position(machine: &mut Machine<'_>) -> Result<usize, Fault> {
    let below_top = pop_int(machine)?;
    usize::try_from(below_top)
        .ok()
        .and_then(|below| machine.stack.len().checked_sub(below + 1))
        .ok_or_else(|| out_of_range(below_top))
}

fn out_of_range(index: impl std::fmt::Display) -> Fault {
    Fault::new(ErrorClass::IndexOutOfBounds, index.to_string())
        .title(format!("the stack has no position {index}"))
        .hint("positions count from 0 at the top of the stack")
}

fn unexpected(value: &Value) -> Fault {
    Fault::state(format!("unexpected {} on the stack", value.class()))
}
