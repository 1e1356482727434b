//! The ports' contract, held to by the adapters on DynamoDB and by the world in memory alike: what the protocol's proof in
//! memory assumes is what the tables do.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use tributary_events::{EventId, Key, Says};
use tributary_pipeline::memory::World;
use tributary_pipeline::ports::{Claim, Claimed, Claims, Fenced, Journal, Owner};
use tributary_pipeline::{Chunk, ChunkId, ChunkKey};
use tributary_tests::Bench;

const NOW: i64 = 1_768_478_400_000;

fn ids(numbers: std::ops::Range<usize>) -> Vec<EventId> {
    numbers.map(|n| Key::new("contract", None).part(Some(&n.to_string())).finish()).collect()
}

fn all(numbers: std::ops::Range<usize>, says: Option<Says>) -> Vec<Claim> {
    ids(numbers).into_iter().map(|id| Claim { id, says }).collect()
}

/// A chunk whose lease runs out at [`NOW`].
fn chunk(bits: u128) -> Chunk {
    let key = ChunkKey::new(NOW - 60_000, ChunkId::from_random(bits));
    Chunk { key, data: vec![7; 40], events: 3, lease_ms: NOW, epoch: 0, tries: 0 }
}

/// All chunks of a shard that have run out by then, page by page.
async fn all_expired(journal: &dyn Journal, shard: u8, at_ms: i64) -> Vec<Chunk> {
    let (mut chunks, mut from) = (Vec::new(), None);
    loop {
        let page = journal.expired(shard, at_ms, from.as_deref()).await.unwrap();
        chunks.extend(page.chunks);
        from = page.next;
        if from.is_none() {
            return chunks;
        }
    }
}

/// The chunk as it lies in its shard, once its lease has run out by then.
async fn stored(journal: &dyn Journal, key: &ChunkKey, at_ms: i64) -> Option<Chunk> {
    all_expired(journal, key.shard, at_ms).await.into_iter().find(|chunk| chunk.key == *key)
}

async fn journal(journal: &dyn Journal) {
    let far = NOW + 1_000_000;
    let first = chunk(1);
    assert_eq!(journal.put(&[first.clone(), chunk(2)]).await, [Ok(()), Ok(())]);
    assert_eq!(journal.put(std::slice::from_ref(&first)).await, [Ok(())], "again is harmless");
    assert_eq!(stored(journal, &first.key, far).await, Some(first.clone()), "as it was put");

    // Only what has run out is found, and only that can be taken.
    assert_eq!(stored(journal, &first.key, NOW).await, None, "not yet");
    let taken = Chunk { lease_ms: NOW + 30_000, epoch: 7, tries: 1, ..first.clone() };
    assert_eq!(journal.take(&first, &taken, NOW).await, Ok(Fenced::Lost), "the lease is somebody's");
    assert_eq!(stored(journal, &first.key, far).await, Some(first.clone()), "and nothing was written");
    assert_eq!(journal.take(&first, &taken, NOW + 1).await, Ok(Fenced::Done));
    assert_eq!(stored(journal, &first.key, far).await, Some(taken.clone()));

    // Whoever saw it before that is too late, also when the new lease has run out.
    assert_eq!(journal.take(&first, &taken, NOW + 2).await, Ok(Fenced::Lost));
    assert_eq!(journal.take(&first, &taken, far).await, Ok(Fenced::Lost), "an epoch behind");
    let rest = |of: &Chunk| Chunk { data: vec![9; 10], events: 1, lease_ms: NOW + 5, ..of.clone() };
    assert_eq!(journal.rewrite(&rest(&first)).await, Ok(Fenced::Lost), "an epoch behind");
    assert_eq!(stored(journal, &first.key, far).await, Some(taken.clone()));
    assert_eq!(journal.rewrite(&rest(&taken)).await, Ok(Fenced::Done));
    assert_eq!(stored(journal, &first.key, far).await, Some(rest(&taken)), "epoch and tries stay");

    // Whoever has been overtaken ends nothing: neither by settling nor by setting aside.
    assert_eq!(journal.delete(&first).await, Ok(Fenced::Lost), "an epoch behind");
    assert_eq!(journal.bury(&first).await, Ok(Fenced::Lost), "an epoch behind");
    assert_eq!(stored(journal, &first.key, far).await, Some(rest(&taken)));

    // Settled is settled: nobody brings it back.
    assert_eq!(journal.delete(&taken).await, Ok(Fenced::Done));
    assert_eq!(journal.delete(&taken).await, Ok(Fenced::Done), "again is harmless");
    assert_eq!(journal.bury(&taken).await, Ok(Fenced::Lost), "and there is nothing to set aside");
    assert_eq!(journal.rewrite(&rest(&taken)).await, Ok(Fenced::Lost));
    assert_eq!(journal.take(&taken, &taken, far).await, Ok(Fenced::Lost));
    assert_eq!(stored(journal, &first.key, far).await, None);

    // Set aside: no sweeper finds it. Its neighbour is where it was.
    let second = chunk(2);
    assert_eq!(journal.bury(&second).await, Ok(Fenced::Done));
    assert_eq!(journal.bury(&second).await, Ok(Fenced::Lost), "again is harmless");
    assert_eq!(stored(journal, &second.key, far).await, None);
}

async fn claims(claims: &dyn Claims) {
    let (one, other) = (ChunkId::from_random(1), ChunkId::from_random(2));
    let expires = NOW / 1000 + 1000;
    assert_eq!(claims.owners(&ids(0..3)).await, Ok(vec![None; 3]));
    let (says, other_says) = (Some(Says::from_bytes([1; 8])), Some(Says::from_bytes([2; 8])));
    assert_eq!(claims.insert(&all(0..2, says), one, expires).await, Ok(vec![Claimed::New; 2]));
    // Nobody's claim is ever overwritten: neither by another nor by its owner.
    let expected = vec![Claimed::Taken, Claimed::Taken, Claimed::New];
    assert_eq!(claims.insert(&all(0..3, other_says), other, expires + 5).await, Ok(expected));
    assert_eq!(claims.insert(&all(0..1, None), one, expires).await, Ok(vec![Claimed::Taken]), "its own looks the same");
    let owner = |chunk, says| Some(Owner { chunk, says });
    let expected = vec![owner(one, says), owner(one, says), owner(other, other_says), None];
    assert_eq!(claims.owners(&ids(0..4)).await, Ok(expected));
    // A full call.
    assert_eq!(claims.insert(&all(10..35, None), one, expires).await, Ok(vec![Claimed::New; 25]));
    assert_eq!(claims.owners(&ids(10..35)).await, Ok(vec![owner(one, None); 25]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_world_in_memory_does_as_dynamodb_does() {
    let world = World::new();
    // An owner must be in the journal, or the world objects.
    world.put(&[chunk(1), chunk(2)]).await;
    claims(&world).await;
    let world = World::new();
    journal(&world).await;
    assert_eq!(world.dead_chunks(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_in_dynamodb_fences_by_lease_and_epoch_and_keeps_what_is_set_aside() {
    let bench = Bench::start().await;
    journal(bench.pipeline.journal.as_ref()).await;
    assert_eq!(bench.open_chunks().await, 1, "the one set aside is still in the table");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claims_in_dynamodb_are_inserted_once_and_never_change() {
    let bench = Bench::start().await;
    claims(bench.pipeline.claims.as_ref()).await;
    // Of a hundred chunks that claim the same events at once, each event has one owner, and all agree who.
    let events = ids(100..110);
    let claim = |bits: u8| all(100..110, Some(Says::from_bytes([bits; 8])));
    let claims: Vec<Vec<Claim>> = (0..100).map(claim).collect();
    let insert = |(bits, claims)| {
        let claims: &Vec<Claim> = claims;
        bench.pipeline.claims.insert(claims, ChunkId::from_random(1000 + bits), NOW)
    };
    let all: Vec<_> = futures_util::future::join_all((0_u128..).zip(&claims).map(insert))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let owners = bench.pipeline.claims.owners(&events).await.unwrap();
    for (at, owner) in owners.into_iter().enumerate() {
        let winners: Vec<usize> = (0..all.len()).filter(|chunk| all[*chunk][at] == Claimed::New).collect();
        let [winner] = winners[..] else { panic!("{} winners", winners.len()) };
        let says = Some(Says::from_bytes([u8::try_from(winner).unwrap(); 8]));
        assert_eq!(owner, Some(Owner { chunk: ChunkId::from_random(1000 + winner as u128), says }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_of_many_pages_is_read_to_its_end_oldest_first() {
    let bench = Bench::start().await;
    let journal: Arc<dyn Journal> = Arc::clone(&bench.pipeline.journal);
    // Six of 300 KB are two pages of 1 MiB; bits that share their last byte share the shard.
    let large = |n: i64| {
        let key = ChunkKey::new(NOW - 60_000 + n, ChunkId::from_random((n as u128) << 64));
        Chunk { key, data: vec![u8::try_from(n).unwrap(); 300_000], ..chunk(0) }
    };
    let chunks: Vec<Chunk> = (0..6).map(large).collect();
    for chunk in chunks.iter().rev() {
        assert_eq!(journal.put(std::slice::from_ref(chunk)).await, [Ok(())]);
    }
    assert!(chunks.iter().all(|chunk| chunk.key.shard == chunks[0].key.shard));
    assert!(journal.expired(chunks[0].key.shard, NOW + 1, None).await.unwrap().next.is_some(), "more than a page");
    assert_eq!(all_expired(journal.as_ref(), chunks[0].key.shard, NOW + 1).await, chunks);
}
