//! Registration of brands, campaigns (10DLC), sender names and numbers.

use serde::Deserialize;
use tributary_events::{EventType, Str, data};

use crate::Output;
use crate::lenient::{Any, List, Obj, Text};

use super::super::draft::{Part, Way, put, subject};
use super::super::payload::{Platform, application, time};

/// The events of registration; `None` for a name that is none.
pub(in crate::infobip) fn kind(event: &str) -> Option<EventType> {
    Some(match event {
        "BRAND_STATUS_UPDATE" => EventType::RegistrationBrandStatusUpdated,
        "BRAND_AUTH_UPDATE" => EventType::RegistrationBrandAuthUpdated,
        "BRAND_VET_UPDATE" => EventType::RegistrationBrandVettingUpdated,
        "CAMPAIGN_STATUS_UPDATE" => EventType::RegistrationCampaignStatusUpdated,
        "CAMPAIGN_NETWORK_STATUS_UPDATE" => EventType::RegistrationCampaignNetworkUpdated,
        "AI_CAMPAIGN_BUILDER" | "AI_CAMPAIGN_FEEDBACK" => EventType::RegistrationAiCampaignUpdated,
        "RESOURCE_REQUEST_STATUS_UPDATE" | "RESOURCE_REQUEST_FOC_DATE_CHANGE" => {
            EventType::RegistrationResourceRequestUpdated
        }
        "RESOURCE_REQUEST_REMINDER" => EventType::RegistrationResourceRequestReminded,
        _ => return None,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Update<'a> {
    event: Text<'a>,
    received_at: Text<'a>,
    content: Obj<Content<'a>>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

/// The fields of all events; each has its own few.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Content<'a> {
    id: Text<'a>,
    brand_id: Text<'a>,
    campaign_id: Text<'a>,
    vet_id: Text<'a>,

    status: Text<'a>,
    brand_status: Text<'a>,
    brand_auth_update: Text<'a>,
    brand_vetting_status: Text<'a>,
    campaign_status: Text<'a>,
    campaign_network_status: Text<'a>,

    #[serde(rename = "type")]
    kind: Text<'a>,
    vet_type: Text<'a>,
    vetting_score: Text<'a>,
    campaign_network: Text<'a>,

    /// Text, or a list of it.
    rejection_reasons: Any<'a>,
    rejection_details: List<Detail<'a>>,
    requirements_feedback: Any<'a>,
    note: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Detail<'a> {
    error_code: Text<'a>,
    description: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Feedback<'a> {
    key: Text<'a>,
    feedback: Text<'a>,
}

pub(in crate::infobip) fn read(json: &str, out: &mut Output<'_>) {
    let update: Update<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let content = &*update.content;
    let account = application(&update.platform, &update.application_id);
    let name = update.event.take().unwrap_or_default();
    let kind = kind(&name).unwrap_or(EventType::Unrecognized);
    let part = Part { json, event: name, way: Way::group("Registration"), account };
    let which = content.vet_id.or(&content.campaign_id).or(&content.brand_id).or(&content.id);
    let status = content.status();
    let identity = part.element(out);
    let reasons = content.reasons(out);
    let mut data = part.data();
    data.registration = Some(Box::new(data::Registration {
        id: which.take(),
        brand_id: content.brand_id.take(),
        campaign_id: content.campaign_id.take(),
        kind: content.kind.or(&content.vet_type).take(),
        status: status.take(),
        network: content.campaign_network.take(),
        score: content.vetting_score.take(),
        reasons: (!reasons.is_empty()).then_some(reasons),
        ..data::Registration::default()
    }));
    put(out, &identity, kind, subject("registration", &which), time(&update.received_at), data);
}

impl<'a> Content<'a> {
    fn status(&self) -> Text<'a> {
        self.status
            .or(&self.brand_status)
            .or(&self.brand_auth_update)
            .or(&self.brand_vetting_status)
            .or(&self.campaign_status)
            .or(&self.campaign_network_status)
    }

    /// Why it was refused, or what is missing, in the vendor's words.
    fn reasons(&self, out: &Output<'_>) -> Vec<Str<'a>> {
        let listed = |list: Any<'a>| list.elements().unwrap_or_default();
        let mut reasons: Vec<Str<'a>> = self.rejection_reasons.text().take().into_iter().collect();
        reasons
            .extend(listed(self.rejection_reasons).into_iter().filter_map(|item| Text::from_json(item.get()).take()));
        reasons
            .extend(self.rejection_details.iter().filter_map(|detail| about(&detail.error_code, &detail.description)));
        for item in listed(self.requirements_feedback) {
            let Ok(feedback) = out.parse::<Feedback<'a>>(item.get()) else { continue };
            reasons.extend(about(&feedback.key, &feedback.feedback));
        }
        reasons.extend(self.note.take());
        reasons
    }
}

/// What a reason is about, and the reason.
fn about<'a>(what: &Text<'a>, text: &Text<'a>) -> Option<Str<'a>> {
    match (what.get(), text.get()) {
        (Some(what), Some(text)) => Some(format!("{what}: {text}").into()),
        _ => text.or(what).take(),
    }
}
