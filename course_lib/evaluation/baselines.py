"""The simple methods that every trained model is measured against, tuned on the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.model_selection import GridSearchCV

BASELINES = (
    "logistic regression", "k-NN", "naive Bayes", "decision tree", "forest", "majority",
)  # fmt: skip


def tuned(name: str, folds: int = 5) -> GridSearchCV:
    """An unfitted scikit-learn estimator whose one knob is chosen by cross-validation in `fit`.

    Logistic regression: C of 0.01 to 10; k-NN: k of 1 to 15; both standardise their inputs.
    Naive Bayes (normal densities): how much the variances are smoothed; decision tree: patterns
    per leaf; forest: 50 trees, the share of features per split. "majority" always answers the most
    frequent class. All of it runs in one thread: with a few thousand examples several threads
    mostly wait for each other. Raises KeyError with the names there are.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier
    from threadpoolctl import threadpool_limits

    class OneThread(GridSearchCV):
        def fit(self, X: Any, y: Any = None, **params: Any) -> GridSearchCV:
            with threadpool_limits(1):
                return super().fit(X, y, **params)

        def predict(self, X: Any) -> Any:
            with threadpool_limits(1):
                return super().predict(X)

        def score(self, X: Any, y: Any = None, **params: Any) -> float:
            with threadpool_limits(1):
                return super().score(X, y, **params)

    methods: dict[str, tuple[Any, dict[str, list[Any]]]] = {
        "logistic regression": (
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
            {"logisticregression__C": [0.01, 0.1, 1, 10]},
        ),
        "k-NN": (
            make_pipeline(StandardScaler(), KNeighborsClassifier()),
            {"kneighborsclassifier__n_neighbors": [1, 3, 5, 9, 15]},
        ),
        "naive Bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1e-2, 1e-1]}),
        "decision tree": (
            DecisionTreeClassifier(random_state=0), {"min_samples_leaf": [1, 3, 10]},
        ),
        "forest": (
            RandomForestClassifier(50, random_state=0), {"max_features": ["sqrt", 0.5]},
        ),
        "majority": (DummyClassifier(), {"strategy": ["most_frequent"]}),
    }
    if name not in methods:
        raise KeyError(f"no baseline {name!r}; there are {', '.join(methods)}")
    estimator, grid = methods[name]
    return OneThread(estimator, grid, cv=folds)
