"""The order in which topics are taught; topics of the bank that are not listed come last."""

from __future__ import annotations

from course_lib.exam.exercise import ExerciseType, all_types

ORDER = (
    "mathematics", "calculus", "derivatives", "linear_algebra", "probability", "information",
    "learning", "neighbours", "knn", "folds", "bias_variance", "metrics", "measuring", "comparison",
    "perceptron", "backpropagation", "losses", "softmax", "optimisers", "initialisation",
    "normalisation", "regularisation", "activations", "training",
    "convolution", "parameters", "architecture", "architectures", "augmentation", "segmentation",
    "detection", "visualisation", "capsules",
    "recurrent", "seq2seq", "embeddings", "transformers", "language_models", "vit",
    "hopfield", "boltzmann", "autoencoders", "vae", "gan", "contrastive", "diffusion",
    "graphs", "reinforcement", "deep_reinforcement", "explainability", "pruning", "cognitive",
    "quantum",
)  # fmt: skip


def place(topic: str) -> tuple[int, str]:
    """Sorts topics as they are taught."""
    return (ORDER.index(topic) if topic in ORDER else len(ORDER), topic)


def taught() -> list[ExerciseType]:
    """Every exercise type, topics as taught, types as declared."""
    return sorted(all_types().values(), key=lambda kind: place(kind.topic))


def topic_of(name: str) -> str:
    """The topic of a type, also of one that this release has no more."""
    kind = all_types().get(name)
    return kind.topic if kind else name.split(".")[0]


__all__ = ["ORDER", "place", "taught", "topic_of"]
