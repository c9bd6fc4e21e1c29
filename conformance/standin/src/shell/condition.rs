//! The `test` command.

use std::path::Path;

/// Evaluates the arguments of `test` or `[`; the error names what is not understood.
pub(super) fn evaluate(name: &str, arguments: &[String]) -> Result<bool, String> {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if name == "[" && arguments.pop() != Some("]") {
        return Err("`[` without `]`".to_owned());
    }
    expression(&arguments)
}

fn expression(arguments: &[&str]) -> Result<bool, String> {
    match arguments {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        [left, operator, right] if *left != "!" || is_binary(operator) => {
            binary(left, operator, right)
        }
        ["!", rest @ ..] => expression(rest).map(|holds| !holds),
        [operator, operand] => unary(operator, operand),
        _ => Err(format!("condition `{}`", arguments.join(" "))),
    }
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "==" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"
    )
}

fn unary(operator: &str, operand: &str) -> Result<bool, String> {
    let path = Path::new(operand);
    Ok(match operator {
        "-z" => operand.is_empty(),
        "-n" => !operand.is_empty(),
        "-e" => path.exists(),
        "-f" => path.is_file(),
        "-d" => path.is_dir(),
        "-L" | "-h" => path.is_symlink(),
        "-s" => path.metadata().is_ok_and(|metadata| metadata.len() > 0),
        _ => return Err(format!("condition `{operator}`")),
    })
}

fn binary(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    match operator {
        "=" | "==" => return Ok(left == right),
        "!=" => return Ok(left != right),
        _ => {}
    }
    let number = |text: &str| {
        text.trim()
            .parse::<i64>()
            .map_err(|_| format!("number `{text}` in a condition"))
    };
    let order = number(left)?.cmp(&number(right)?);
    Ok(match operator {
        "-eq" => order.is_eq(),
        "-ne" => order.is_ne(),
        "-lt" => order.is_lt(),
        "-le" => order.is_le(),
        "-gt" => order.is_gt(),
        "-ge" => order.is_ge(),
        _ => return Err(format!("condition `{operator}`")),
    })
}
