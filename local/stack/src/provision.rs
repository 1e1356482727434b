//! The tables and queues of the gateway, as the deployment's template makes them.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName;

use crate::{Queues, StackError, StackOptions};

/// The attribute of a claim that holds the time of its expiry, in seconds of Unix time.
const EXPIRY: &str = "x";
/// How often an event is handed to a consumer before it goes to the dead-letter queue.
const MAX_RECEIVES: u32 = 5;

/// Makes both tables unless they are there.
pub(crate) async fn tables(client: &aws_sdk_dynamodb::Client, options: &StackOptions) -> Result<(), StackError> {
    let text = ScalarAttributeType::S;
    table(client, &options.journal_table, &[("pk", text.clone()), ("sk", text)]).await?;
    table(client, &options.claims_table, &[("pk", ScalarAttributeType::B)]).await?;

    let name = &options.claims_table;
    let described = client.describe_time_to_live().table_name(name).send().await.map_err(|e| failed(name, &e))?;
    // The real service refuses to enable it twice.
    if described.time_to_live_description().and_then(|ttl| ttl.attribute_name()).is_none() {
        let ttl = TimeToLiveSpecification::builder().attribute_name(EXPIRY).enabled(true).build();
        let ttl = ttl.map_err(|e| failed(name, &e))?;
        let update = client.update_time_to_live().table_name(name).time_to_live_specification(ttl);
        update.send().await.map_err(|e| failed(name, &e))?;
    }
    Ok(())
}

/// The first key is the partition's, the second orders within it.
async fn table(
    client: &aws_sdk_dynamodb::Client,
    name: &str,
    keys: &[(&str, ScalarAttributeType)],
) -> Result<(), StackError> {
    let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for ((key, scalar), kind) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder().attribute_name(*key).attribute_type(scalar.clone()).build();
        let element = KeySchemaElement::builder().attribute_name(*key).key_type(kind).build();
        create = create
            .attribute_definitions(attribute.map_err(|e| failed(name, &e))?)
            .key_schema(element.map_err(|e| failed(name, &e))?);
    }
    match create.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => Ok(()),
        Err(error) => Err(failed(name, &error)),
    }
}

/// Makes the queues unless they are there, and gives their URLs.
pub(crate) async fn queues(client: &aws_sdk_sqs::Client, options: &StackOptions) -> Result<Queues, StackError> {
    use QueueAttributeName as Name;
    let fifo = [
        (Name::FifoQueue, "true"),
        (Name::DeduplicationScope, "messageGroup"),
        (Name::FifoThroughputLimit, "perMessageGroupId"),
    ];
    let dead_letters = queue(client, &options.dead_letter_queue, &fifo).await?;
    let name = &options.dead_letter_queue;
    let get = client.get_queue_attributes().queue_url(&dead_letters).attribute_names(Name::QueueArn);
    let told = get.send().await.map_err(|e| failed(name, &e))?;
    let arn = told.attributes().and_then(|all| all.get(&Name::QueueArn)).map(String::as_str).unwrap_or_default();
    let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{MAX_RECEIVES}}}"#);
    let mut events = fifo.to_vec();
    events.push((Name::RedrivePolicy, &redrive));
    Ok(Queues {
        events: queue(client, &options.events_queue, &events).await?,
        dead_letters,
        quarantine: queue(client, &options.quarantine_queue, &[]).await?,
        spill: queue(client, &options.spill_queue, &[]).await?,
    })
}

async fn queue(
    client: &aws_sdk_sqs::Client,
    name: &str,
    attributes: &[(QueueAttributeName, &str)],
) -> Result<String, StackError> {
    let mut create = client.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        create = create.attributes(attribute.clone(), *value);
    }
    let created = create.send().await.map_err(|e| failed(name, &e))?;
    Ok(created.queue_url().unwrap_or_default().to_owned())
}

fn failed(name: &str, error: &(dyn std::error::Error + 'static)) -> StackError {
    // The SDK's own Display says "service error"; the reason is in its sources.
    let mut reasons = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        reasons.push(error.to_string());
        source = error.source();
    }
    StackError::Provision { name: name.to_owned(), reason: reasons.join(": ") }
}
