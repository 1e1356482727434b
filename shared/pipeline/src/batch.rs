//! Batches for a queue.

/// Most messages of a batch (AWS: `SendMessageBatch`, 10 entries).
const ENTRIES: usize = 10;

/// Divides items into batches of at most 10 and `max_bytes` together, in order. An item larger than that stands alone.
pub(crate) fn batches<T: Copy>(items: &[T], max_bytes: usize, bytes_of: impl Fn(T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let size = bytes_of(*item);
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes + size <= max_bytes => {
                batch.push(*item);
                bytes += size;
            }
            _ => {
                batches.push(vec![*item]);
                bytes = size;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_respect_both_limits_and_lose_nothing() {
        let sizes = [10, 10, 90, 50, 60, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100, 1, 120];
        let batches = batches(&sizes, 100, |size| size);
        assert_eq!(batches.concat(), sizes);
        for batch in batches {
            assert!(batch.len() == 1 || batch.len() <= 10 && batch.iter().sum::<usize>() <= 100, "{batch:?}");
        }
    }
}
