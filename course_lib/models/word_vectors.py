"""Words as vectors: counted, factorised, learnt by prediction; and what to ask such vectors.

V is the number of words, m the length of a vector. `X[i, j]` says how often word j stood near word
i. Logarithms are natural. Lecture 001, topics 58 to 63.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count as counting

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.special import expit
from torch import Tensor, nn

from course_lib.names import did_you_mean

Sentences = Iterable[Sequence[str]]
Matrix = Float[np.ndarray, "rows columns"]
Square = Float[np.ndarray, "V V"]
Vector = Float[np.ndarray, " m"]


# --- documents as vectors -----------------------------------------------------------------------


def bag_of_words(
    documents: Sentences, words: Sequence[str]
) -> Float[np.ndarray, "documents words"]:
    """How often each document uses each of the words; the order is forgotten."""
    bags = [Counter(document) for document in documents]
    return np.array([[bag[word] for word in words] for bag in bags], dtype=float)


def tf_idf(counts: Float[np.ndarray, "documents words"]) -> Float[np.ndarray, "documents words"]:
    """Counts times ln(N / df): a word that every document has is worth nothing.

    df is the number of documents that have the word. Sparck Jones 1972. (scikit-learn smooths the
    idf and adds 1.) Raises ValueError for a word that no document has.
    """
    having = (counts > 0).sum(axis=0)
    if not having.all():
        raise ValueError("a word that no document has got no document frequency")
    return counts * np.log(len(counts) / having)


def cosine(a: Matrix, b: Matrix | None = None) -> Matrix:
    """The cosine of the angle between every row of a and every row of b; 0 for a zero row."""
    b = a if b is None else b
    return unit(a) @ unit(b).T


def unit(a: Matrix) -> Matrix:
    """Every row divided by its length; rows of zeros stay."""
    length = np.linalg.norm(a, axis=1, keepdims=True)
    return a / np.where(length == 0, 1, length)


# --- counting company ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Corpus:
    """Sentences as numbers: `words` by falling frequency, `ids` one long row, -1 where none is.

    Rare words and the ends of sentences are -1; `gap` of them part two sentences.
    """

    words: tuple[str, ...]
    ids: Int[np.ndarray, " tokens"]

    @classmethod
    def of(cls, sentences: Sentences, most: int = 10**6, gap: int = 10) -> Corpus:
        """Number the `most` frequent words. Raises ValueError without a word."""
        lines = [list(s) for s in sentences]
        counts = Counter(word for line in lines for word in line)
        words = tuple(word for word, _ in counts.most_common(most))
        if not words:
            raise ValueError("there is not a single word to count")
        number = {word: k for k, word in enumerate(words)}
        between = [-1] * gap
        ids = [k for line in lines for k in (*(number.get(w, -1) for w in line), *between)]
        return cls(words, np.array(ids))

    @property
    def counts(self) -> Int[np.ndarray, " V"]:
        """How often each word occurs."""
        return np.bincount(self.ids[self.ids >= 0], minlength=len(self.words))

    def neighbours(self, distance: int) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
        """All (left, right) pairs of known words at this distance within a sentence."""
        left, right = self.ids[:-distance], self.ids[distance:]
        both = (left >= 0) & (right >= 0)
        return left[both], right[both]


def skip_gram_pairs(sentence: Sequence[str], window: int) -> list[tuple[str, str]]:
    """(word, one word of its company) for every position; the word itself is not its company."""
    return [(word, near) for word, company in cbow_pairs(sentence, window) for near in company]


def cbow_pairs(sentence: Sequence[str], window: int) -> list[tuple[str, list[str]]]:
    """(word, the words up to `window` to its left and right) for every position."""
    return [
        (word, [*sentence[max(0, i - window) : i], *sentence[i + 1 : i + 1 + window]])
        for i, word in enumerate(sentence)
    ]


def cooccurrence(corpus: Corpus, window: int, harmonic: bool = False) -> Square:
    """How often two words stood at most `window` apart, both ways round.

    `harmonic` counts a pair at distance d as 1 / d (GloVe's choice). Rows of rare words are kept.
    """
    size = len(corpus.words)
    X = np.zeros(size * size)
    for distance in range(1, window + 1):
        left, right = corpus.neighbours(distance)
        weight = 1 / distance if harmonic else 1.0
        X += weight * np.bincount(left * size + right, minlength=size * size)
    table = X.reshape(size, size)
    return table + table.T


def pmi(X: Square, smoothing: float = 1.0) -> Square:
    """ln of how much more often two words met than if they met by chance; -inf if they never did.

    Company j is expected with probability (its count)^smoothing, normalised; 0.75 tames rare words
    (Levy, Goldberg and Dagan 2015), 1 is the definition of Church and Hanks 1990.
    """
    chance = X.sum(axis=0) ** smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(X / X.sum(axis=1, keepdims=True) / (chance / chance.sum()))


def ppmi(X: Square, smoothing: float = 1.0, shift: float = 1.0) -> Square:
    """PMI minus ln shift, and 0 where that is negative or undefined."""
    return np.maximum(np.nan_to_num(pmi(X, smoothing), nan=0, neginf=0) - np.log(shift), 0)


def factorise(
    M: Square, m: int, rng: np.random.Generator, sweeps: int = 3
) -> Float[np.ndarray, "V m"]:
    """The m leading left singular vectors of M, each times the root of its singular value.

    A few products with a random thin matrix find the leading directions without the full SVD
    (Halko, Martinsson and Tropp 2011); `sweeps` sharpen them.
    Raises ValueError if m exceeds the number of words.
    """
    if m > min(M.shape):
        raise ValueError(f"{m} dimensions from a {M.shape[0]} x {M.shape[1]} table")
    Q = rng.normal(size=(M.shape[1], min(m + 10, min(M.shape)))).astype(M.dtype)
    for _ in range(sweeps):
        Q = np.linalg.qr(M.T @ np.linalg.qr(M @ Q)[0])[0]
    Q = np.linalg.qr(M @ Q)[0]
    U, s, _ = np.linalg.svd(Q.T @ M, full_matrices=False)
    return (Q @ U)[:, :m] * np.sqrt(s[:m])


# --- a neural language model --------------------------------------------------------------------


class NeuralLanguageModel(nn.Module):
    """Bengio's model: look up the context's words, concatenate, tanh, softmax over all words.

    `nets` models with own starts are trained side by side; net k sees contexts[k]. Bengio,
    Ducharme, Vincent and Jauvin 2003, without their direct connections. Lecture 001, topic 61.
    """

    def __init__(
        self, words: int, context: int, m: int, hidden: int, nets: int = 1, seed: int = 0
    ) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)

        def start(*shape: int, scale: float) -> nn.Parameter:
            return nn.Parameter(scale * torch.randn(nets, *shape, generator=draw))

        self.C = start(words, m, scale=0.3)
        self.H = start(context * m, hidden, scale=(context * m) ** -0.5)
        self.d = start(1, hidden, scale=0.0)
        self.U = start(hidden, words, scale=hidden**-0.5)
        self.b = start(1, words, scale=0.0)

    def forward(
        self, contexts: Int[Tensor, "nets batch context"]
    ) -> Float[Tensor, "nets batch words"]:
        """The logits of the next word."""
        net = torch.arange(len(self.C))[:, None, None]
        x = self.C[net, contexts].flatten(2)  # the lookup: C times one-hot, without the product
        h = torch.tanh(torch.baddbmm(self.d, x, self.H))
        return torch.baddbmm(self.b, h, self.U)


def surprise(
    logits: Float[Tensor, "nets batch words"], targets: Int[Tensor, "nets batch"]
) -> Float[Tensor, " nets"]:
    """Each net's mean -ln P of the right word; exp of it is the perplexity."""
    lost = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return lost.view_as(targets).mean(dim=1)


def train_language_models(
    model: NeuralLanguageModel,
    train: tuple[Int[Tensor, "nets tokens context"], Int[Tensor, "nets tokens"]],
    test: tuple[Int[Tensor, "nets other context"], Int[Tensor, "nets other"]],
    epochs: int,
    batch: int,
    learning_rate: float = 0.01,
    seed: int = 0,
) -> Float[np.ndarray, "epochs nets"]:
    """Train all nets with Adam; their perplexities on the test text after every epoch."""
    (x, t), draw, history = train, torch.Generator().manual_seed(seed), []
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    steps = epochs * -(-t.shape[1] // batch)
    fall = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.1, steps)
    for _ in range(epochs):
        for rows in torch.randperm(t.shape[1], generator=draw).split(batch):
            optimiser.zero_grad()
            surprise(model(x[:, rows]), t[:, rows]).sum().backward()
            optimiser.step()
            fall.step()
        with torch.no_grad():
            history.append(surprise(model(test[0]), test[1]).exp().numpy())
    return np.array(history)


def bengio_cost(words: int, m: int, n: int, hidden: int) -> dict[str, int]:
    """Multiplications per predicted word: the lecture's three terms and the lookup's true price."""
    lecture = m * words + n * m * hidden + hidden * words
    return {"lecture": lecture, "with lookup": lecture - m * words + n * m}


# --- prediction without a hidden layer ----------------------------------------------------------


def sgns_loss(v: Vector, u: Vector, negatives: Float[np.ndarray, "k m"]) -> float:
    """-ln s(u.v) - sum_k ln s(-u_k.v): true company, and k words that were drawn blindly.

    s is the sigmoid. Mikolov and others 2013.
    """
    return float(np.logaddexp(0, -u @ v) + np.logaddexp(0, negatives @ v).sum())


def sgns_gradients(
    v: Vector, u: Vector, negatives: Float[np.ndarray, "k m"]
) -> tuple[Vector, Vector, Float[np.ndarray, "k m"]]:
    """The slopes of `sgns_loss` by v, u and the negatives: output minus target, times the other."""
    wrong = expit(u @ v) - 1
    pulled = expit(negatives @ v)
    return wrong * u + pulled @ negatives, wrong * v, pulled[:, None] * v


def expected_sgns(
    centre: Float[Tensor, "nets V m"],
    company: Float[Tensor, "nets V m"],
    X: Float[Tensor, "V V"],
    negatives: float,
) -> Float[Tensor, " nets"]:
    """The mean of `sgns_loss` over all pairs of the table X, negatives drawn by frequency.

    Levy and Goldberg 2014 read from this sum that u.v tends to PMI - ln k.
    """
    score = centre @ company.transpose(1, 2)
    blind = negatives * X.sum(1, keepdim=True) * X.sum(0) / X.sum()
    terms = X * nn.functional.softplus(-score) + blind * nn.functional.softplus(score)
    return terms.sum(dim=(1, 2)) / X.sum()


@dataclass(frozen=True, eq=False)
class Learning:
    """Vectors after some steps: `centre` and `company` (nets, V, m), and each net's loss."""

    step: int
    centre: Float[np.ndarray, "nets V m"]
    company: Float[np.ndarray, "nets V m"]
    loss: Float[np.ndarray, " nets"]


def learn(
    objective: Callable[[Tensor, Tensor], Float[Tensor, " nets"]],
    words: int,
    m: int,
    nets: int = 1,
    steps: int = 200,
    learning_rate: float = 0.05,
    seed: int = 0,
    every: int | None = None,
) -> Iterator[Learning]:
    """Adam on two tables of vectors; yields the start, every `every` steps, and the end."""
    draw = torch.Generator().manual_seed(seed)
    centre, company = (
        nn.Parameter(0.3 * torch.randn(nets, words, m, generator=draw)) for _ in range(2)
    )
    optimiser = torch.optim.Adam([centre, company], lr=learning_rate)
    for step in range(steps + 1):
        loss = objective(centre, company)
        if step == steps or (every and step % every == 0):
            v, u = (p.detach().numpy().copy() for p in (centre, company))
            yield Learning(step, v, u, loss.detach().numpy())
        if step < steps:
            optimiser.zero_grad()
            loss.sum().backward()
            optimiser.step()


def skip_gram(X: Square, negatives: float = 5, m: int = 8, **options: int) -> Iterator[Learning]:
    """Skip-gram with negative sampling on all pairs of a small table at once (`learn`)."""
    table = torch.tensor(X, dtype=torch.float32)
    return learn(lambda c, o: expected_sgns(c, o, table, negatives), len(X), m, **options)


def cbow(
    targets: Int[np.ndarray, " examples"],
    bags: Float[np.ndarray, "examples V"],
    m: int = 8,
    **options: int,
) -> Iterator[Learning]:
    """CBOW with the full softmax: average the company's vectors, predict the word (`learn`).

    `bags` counts the words around each target. `centre` are the vectors that are looked up and
    averaged, `company` those that score the words.
    """
    t = torch.tensor(targets)
    average = torch.tensor(bags / bags.sum(axis=1, keepdims=True), dtype=torch.float32)

    def objective(inputs: Tensor, outputs: Tensor) -> Tensor:
        logits = (average @ inputs) @ outputs.transpose(1, 2)
        return surprise(logits, t.expand(len(inputs), -1))

    return learn(objective, bags.shape[1], m, **options)


def word2vec(
    corpus: Corpus,
    m: int = 50,
    window: int = 5,
    negatives: int = 5,
    pairs: int = 1_000_000,
    learning_rate: float = 0.1,
    subsample: float = 1e-3,
    seed: int = 0,
    batch: int = 1024,
) -> Float[np.ndarray, "V m"]:
    """Skip-gram with negative sampling on a real corpus, pair by drawn pair.

    Frequent words are dropped at random (`subsample`) and blind draws follow counts^0.75, as in the
    paper. The pairs of one batch share 64 blind draws, weighted to count as `negatives`: products
    of small matrices instead of lookups.
    """
    rng, size, shared = np.random.default_rng(seed), len(corpus.words), 64
    share = corpus.counts / corpus.counts.sum()
    keep = np.minimum(1, np.sqrt(subsample / share) + subsample / share)
    stay = (corpus.ids < 0) | (rng.random(len(corpus.ids)) < keep[corpus.ids])
    thinned = Corpus(corpus.words, corpus.ids[stay])
    found = [thinned.neighbours(d) for d in range(1, window + 1)]
    left, right = (np.concatenate(side) for side in zip(*found, strict=True))
    steps = pairs // batch
    take = rng.integers(2 * len(left), size=(steps, batch))
    swap, row = take % 2 == 1, take // 2
    blind = share**0.75
    I, J, K = (  # noqa: E741  centre, company, blind
        torch.from_numpy(a)
        for a in (
            np.where(swap, right[row], left[row]),
            np.where(swap, left[row], right[row]),
            rng.choice(size, size=(steps, shared), p=blind / blind.sum()),
        )
    )
    draw = torch.Generator().manual_seed(seed)
    tables = [(torch.rand(size, m, generator=draw) - 0.5) / m, torch.zeros(size, m)]
    squares = [torch.full((size, m), 1e-4) for _ in tables]  # AdaGrad: rare words step further
    for step in range(steps):
        i, j, k = I[step], J[step], K[step]
        v, u, w = tables[0][i], tables[1][j], tables[1][k]
        wrong = torch.sigmoid((u * v).sum(1, keepdim=True)) - 1
        pulled = torch.sigmoid(v @ w.T) * (negatives / shared)
        slopes = [torch.zeros(size, m), torch.zeros(size, m)]
        slopes[0].index_add_(0, i, wrong * u + pulled @ w)
        slopes[1].index_add_(0, j, wrong * v).index_add_(0, k, pulled.T @ v)
        for table, square, slope in zip(tables, squares, slopes, strict=True):
            square.addcmul_(slope, slope)
            table.addcdiv_(slope, square.sqrt(), value=-learning_rate)
    return tables[0].numpy()


# --- hierarchical softmax -----------------------------------------------------------------------


def huffman(counts: Mapping[str, float]) -> dict[str, str]:
    """A binary code without common beginnings in which frequent words are short (Huffman 1952).

    The two rarest trees are joined again and again; the rarer one gets the 0, of equally rare ones
    the older. Raises ValueError for fewer than two words.
    """
    if len(counts) < 2:
        raise ValueError("a code needs at least two words")
    age = counting()
    heap = [(c, next(age), {word: ""}) for word, c in counts.items()]
    heapq.heapify(heap)
    while len(heap) > 1:
        (c0, _, rarer), (c1, _, other) = heapq.heappop(heap), heapq.heappop(heap)
        joined = {word: "0" + code for word, code in rarer.items()}
        joined |= {word: "1" + code for word, code in other.items()}
        heapq.heappush(heap, (c0 + c1, next(age), joined))
    return heap[0][2]


def hierarchical_softmax(
    h: Vector, codes: Mapping[str, str], nodes: Mapping[str, Vector]
) -> dict[str, float]:
    """P(word) as a walk down the tree: at each inner node a sigmoid says left (0) or right (1).

    `nodes` holds one vector per inner node, by the code that leads there ("" is the root).
    """
    return {
        word: float(
            np.prod(
                [
                    expit((1 if bit == "0" else -1) * (nodes[code[:depth]] @ h))
                    for depth, bit in enumerate(code)
                ]
            )
        )
        for word, code in codes.items()
    }


# --- GloVe --------------------------------------------------------------------------------------


def glove_weight(X: Matrix | float, enough: float = 100, power: float = 0.75) -> Matrix:
    """min(1, (x / enough)^power): rare pairs count less, frequent ones are capped, never-met 0."""
    return np.minimum(1, np.asarray(X) / enough) ** power


def glove_term(w: Vector, c: Vector, b: float, d: float, x: float, enough: float = 100) -> float:
    """f(x) (w.c + b + d - ln x)^2. Pennington, Socher and Manning 2014."""
    return float(glove_weight(x, enough) * (w @ c + b + d - np.log(x)) ** 2)


@dataclass(frozen=True, eq=False)
class Glove:
    """What GloVe learns: w, c (nets, V, m), b, d (nets, V), the loss after every step."""

    w: Float[np.ndarray, "nets V m"]
    c: Float[np.ndarray, "nets V m"]
    b: Float[np.ndarray, "nets V"]
    d: Float[np.ndarray, "nets V"]
    losses: Float[np.ndarray, "steps nets"]

    @property
    def predicted(self) -> Float[np.ndarray, "nets V V"]:
        """w.c + b + d for every pair: what should be ln X."""
        return self.w @ self.c.transpose(0, 2, 1) + self.b[:, :, None] + self.d[:, None]

    @property
    def vectors(self) -> Float[np.ndarray, "nets V m"]:
        """w + c, as the paper recommends."""
        return self.w + self.c


def glove(
    X: Square,
    m: int,
    steps: int,
    nets: int = 1,
    enough: float = 100,
    learning_rate: float = 0.05,
    seed: int = 0,
) -> Glove:
    """Fit ln X by weighted least squares: Adam on the whole table (the paper: AdaGrad on pairs)."""
    draw = torch.Generator().manual_seed(seed)
    size = len(X)
    weight = torch.tensor(glove_weight(X, enough), dtype=torch.float32)
    target = torch.tensor(np.log(np.where(X > 0, X, 1)), dtype=torch.float32)
    w, c = (nn.Parameter(0.1 * torch.randn(nets, size, m, generator=draw)) for _ in range(2))
    average = target.sum(1) / (weight > 0).sum(1).clamp(min=1)
    b = nn.Parameter(average.repeat(nets, 1))
    d = nn.Parameter(torch.zeros(nets, size))
    optimiser = torch.optim.Adam([w, c, b, d], lr=learning_rate)
    losses = []
    with torch.no_grad():  # four slopes by hand: autograd would keep several tables of V x V
        for _ in range(steps):
            error = torch.baddbmm(b[:, :, None] - target, w, c.transpose(1, 2)) + d[:, None]
            slope = weight * error
            losses.append((slope * error).sum(dim=(1, 2)).numpy())
            w.grad, c.grad = 2 * slope @ c, 2 * slope.transpose(1, 2) @ w
            b.grad, d.grad = 2 * slope.sum(2), 2 * slope.sum(1)
            optimiser.step()
    tables = [p.detach().numpy() for p in (w, c, b, d)]
    return Glove(tables[0], tables[1], tables[2], tables[3], np.array(losses))


# --- asking vectors -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and one row each; rows are compared by their cosine."""

    words: Sequence[str]
    rows: Float[np.ndarray, "V m"]

    def __post_init__(self) -> None:
        if len(self.words) != len(self.rows):
            raise ValueError(f"{len(self.words)} words but {len(self.rows)} vectors")
        object.__setattr__(self, "number", {word: k for k, word in enumerate(self.words)})
        object.__setattr__(self, "units", unit(np.asarray(self.rows, dtype=float)))

    number: Mapping[str, int] = None  # type: ignore[assignment]  # filled in above
    units: Float[np.ndarray, "V m"] = None  # type: ignore[assignment]

    def __getitem__(self, word: str) -> Vector:
        """The vector of length 1 of a word. Raises KeyError with close matches."""
        if word not in self.number:
            raise KeyError(f"no vector for {word!r}.{did_you_mean(word, self.words)}")
        return self.units[self.number[word]]

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words."""
        return float(self[a] @ self[b])

    def nearest(
        self, query: str | Vector, k: int = 8, without: Iterable[str] = ()
    ) -> list[tuple[str, float]]:
        """The k words of greatest cosine, with it; a word asked for is not its own neighbour."""
        vector = self[query] if isinstance(query, str) else np.asarray(query, dtype=float)
        scores = self.units @ vector / max(float(np.linalg.norm(vector)), 1e-12)
        for word in {*without, *([query] if isinstance(query, str) else ())}:
            scores[self.number[word]] = -np.inf
        best = np.argsort(-scores, kind="stable")[:k]
        return [(self.words[i], float(scores[i])) for i in best if scores[i] > -np.inf]

    def analogy(
        self, a: str, b: str, c: str, k: int = 5, exclude: bool = True
    ) -> list[tuple[str, float]]:
        """a is to b as c is to ...: the words nearest to b - a + c.

        The three words asked about are excluded, as everybody does; without that rule the answer is
        mostly b or c (`exclude=False` shows it).
        """
        return self.nearest(self[b] - self[a] + self[c], k, (a, b, c) if exclude else ())

    def rank(self, a: str, b: str) -> int:
        """How many other words are nearer to a than b is."""
        scores = self.units @ self[a]
        scores[self.number[a]] = -np.inf
        return int((scores > self.similarity(a, b)).sum())


def without_direction(rows: Matrix, direction: Vector) -> Matrix:
    """Every row minus its part along the direction (Bolukbasi and others 2016)."""
    d = np.asarray(direction) / np.linalg.norm(direction)
    return rows - np.outer(rows @ d, d)
