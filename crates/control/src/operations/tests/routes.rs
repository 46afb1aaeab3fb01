use domain::{Feature, ModelDraft, ModelId, Route};

use super::{Fixture, draft, to};
use crate::ErrorCode;
use crate::view::{FeatureView, RouteChange};

const CHILD: Feature = Feature::DuoChatFixCode;

fn plain(feature: Feature, route: Option<Route>) -> RouteChange {
    RouteChange {
        feature,
        route,
        reason_shown: false,
    }
}

impl Fixture {
    async fn route(&self, change: RouteChange) {
        self.control.set_routes(vec![change]).await.unwrap();
    }

    async fn feature(&self, feature: Feature) -> FeatureView {
        let features = self.control.list_features(()).await.unwrap();
        let found = features.into_iter().find(|view| view.feature == feature);
        found.unwrap()
    }
}

#[tokio::test]
async fn a_feature_follows_its_parent_until_it_has_a_route_of_its_own() {
    let fixture = Fixture::open().await;
    let one = fixture.add("one", "sample").await.id;
    let other = fixture.add("other", "sample").await.id;
    let parent = Feature::DuoChat;
    let follows = Some(parent);
    // The route of the parent, then that of the child; who answers, by whose route, or disabled.
    type Case = (
        Option<Route>,
        Option<Route>,
        (Option<ModelId>, Option<Feature>, bool),
    );
    let by = |model| {
        Some(Route::Model {
            model,
            fallback: None,
        })
    };
    let off = Some(Route::Disabled);
    let cases: [Case; 6] = [
        (None, None, (None, None, false)),
        (by(one), None, (Some(one), follows, false)),
        (by(one), by(other), (Some(other), None, false)),
        (by(one), off, (None, None, true)),
        (off, None, (None, follows, true)),
        (off, by(one), (Some(one), None, false)),
    ];
    for (of_parent, of_child, expected) in cases {
        fixture.route(plain(parent, of_parent)).await;
        fixture.route(plain(CHILD, of_child)).await;
        let view = fixture.feature(CHILD).await;
        assert_eq!(
            (view.answered_by, view.inherited_from, view.disabled),
            expected,
            "{of_parent:?} {of_child:?}"
        );
        assert_eq!((view.route, view.parent), (of_child, follows));
    }
}

#[tokio::test]
async fn a_fallback_is_another_model_and_goes_with_it() {
    let fixture = Fixture::open().await;
    let one = fixture.add("one", "sample").await.id;
    let other = fixture.add("other", "sample").await.id;
    let with = |fallback| {
        plain(
            Feature::DuoChat,
            Some(Route::Model {
                model: one,
                fallback: Some(fallback),
            }),
        )
    };
    let refusal = fixture.control.set_routes(vec![with(one)]).await;
    assert_eq!(refusal.unwrap_err().code, ErrorCode::Invalid);
    fixture.route(with(other)).await;
    assert_eq!(fixture.feature(CHILD).await.fallback, Some(other));
    let lost = fixture.control.remove_model(other).await.unwrap();
    assert_eq!(lost, [Feature::DuoChat], "its feature is named");
    let view = fixture.feature(Feature::DuoChat).await;
    assert_eq!((view.answered_by, view.fallback), (Some(one), None));
}

#[tokio::test]
async fn a_model_that_does_not_suit_is_set_only_after_its_reason_was_shown() {
    let fixture = Fixture::open().await;
    let saved = fixture.control.save_model(ModelDraft {
        family: "codegemma".into(),
        ..draft("gemma", "http://127.0.0.1:9/v1")
    });
    let model = saved.await.unwrap().id;
    let view = fixture.feature(Feature::DuoChat).await;
    let reason = &view.unfit[0].reason;
    assert_eq!(view.unfit[0].model, model);
    let mut change = to(Feature::DuoChat, model);
    let refusal = fixture.control.set_routes(vec![change.clone()]).await;
    assert_eq!(&refusal.unwrap_err().message, reason);
    assert_eq!(fixture.feature(Feature::DuoChat).await.answered_by, None);
    change.reason_shown = true;
    fixture.route(change).await;
    let view = fixture.feature(Feature::DuoChat).await;
    assert_eq!(view.answered_by, Some(model));
    // What it is made for needs no such word.
    fixture.route(to(Feature::CodeCompletions, model)).await;
}

#[tokio::test]
async fn a_change_of_several_routes_is_made_whole_or_not_at_all() {
    let fixture = Fixture::open().await;
    let model = fixture.add("Sample", "sample").await;
    let gone = ModelId(uuid::Uuid::now_v7());
    let changes = vec![
        to(Feature::DuoChat, model.id),
        to(Feature::CodeCompletions, gone),
    ];
    let refusal = fixture.control.set_routes(changes).await;
    assert_eq!(refusal.unwrap_err().code, ErrorCode::NotFound);
    let features = fixture.control.list_features(()).await.unwrap();
    assert!(features.iter().all(|view| view.route.is_none()));
}
