//! Work on several items at once comes back in their order.
#![cfg(unix)]

use am_testing::side_by_side;

#[test]
fn every_item_is_worked_on_once_and_answers_come_in_order() {
    let items: Vec<usize> = (0..1000).collect();
    let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
    assert_eq!(side_by_side(&items, |item| item * 2), doubled);
    assert!(side_by_side(&[] as &[u8], |item| *item).is_empty());
}

#[test]
#[should_panic(expected = "the third")]
fn a_panic_of_one_is_a_panic_of_all() {
    side_by_side(&[1, 2, 3, 4], |item| assert!(*item != 3, "the third"));
}
