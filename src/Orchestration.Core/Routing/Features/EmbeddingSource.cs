using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Routing.Features;

/// <summary>How embeddings were fetched, and how far it came.</summary>
/// <param name="Embeddings">All of them; null where a cap or a cancellation came before.</param>
/// <param name="Bought">Texts bought now.</param>
/// <param name="FromStore">Texts that were stored already.</param>
/// <param name="Texts">Different texts in all.</param>
/// <param name="Cap">The cap that stopped it; null where none did.</param>
public sealed record EmbeddingFetch(PromptEmbeddings? Embeddings, int Bought, int FromStore, int Texts, SpendCapReachedException? Cap);

/// <summary>
/// Embeddings of one model, bought once: each is kept as a stored judgment whose value is its length and whose words are its numbers, under the hash of model and text. So what is stored is never bought again, by any
/// process on the store; calls take many texts each, money is reserved before and settled after them, and failures are not stored. Safe for concurrent use.
/// </summary>
public sealed class EmbeddingSource
{
    /// <summary>Texts of one call, at most.</summary>
    public const int MostTexts = 64;

    /// <summary>UTF-8 bytes of the texts of one call, at most, unless one alone has more.</summary>
    public const int MostBytes = 60_000;

    /// <summary>What embeddings are bought as, in the ledger.</summary>
    public const string Purpose = "embedding";

    private const int LookedUpAtOnce = 500;
    private const int FramingBytes = 16;
    private readonly IEmbeddingDeployment _deployment;
    private readonly IJudgmentStore? _store;
    private readonly SpendGate? _gate;
    private readonly TimeProvider _time;
    private readonly Hash128 _version;

    /// <summary>Creates it.</summary>
    /// <param name="deployment">The model.</param>
    /// <param name="store">Where embeddings are kept; null keeps none.</param>
    /// <param name="ledger">Where money is written down; null where nobody keeps account.</param>
    /// <param name="time">Measures waits.</param>
    public EmbeddingSource(IEmbeddingDeployment deployment, IJudgmentStore? store, ISpendLedger? ledger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(time);
        (_deployment, _store, _time) = (deployment, store, time);
        _gate = ledger is null ? null : new SpendGate(ledger, time);
        _version = PairHash.Of("embedding 1", deployment.Model.Publisher, deployment.Model.Name, deployment.Model.Snapshot);
    }

    /// <summary>Upper bound of embedding all of some prompts in US dollars, first attempts alone; null where the deployment has no prices.</summary>
    /// <param name="prompts">The prompts.</param>
    public decimal? BoundUsd(IReadOnlyList<string> prompts) => Bound(Different(prompts));

    /// <summary>How many different texts prompts come to.</summary>
    /// <param name="prompts">The prompts.</param>
    public static int Count(IReadOnlyList<string> prompts) => Different(prompts).Length;

    /// <summary>Fetches the embeddings of prompts from the store, and buys those that are missing.</summary>
    /// <param name="prompts">The prompts; equal ones are embedded once.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="concurrency">Calls in flight at once; null for the deployment's own.</param>
    /// <param name="progress">Told how many different texts are there, of how many; null for nobody.</param>
    /// <param name="cancellationToken">Begins no further call; what is under way is awaited and stored.</param>
    /// <exception cref="OrchestrationException">A prompt cannot be embedded, or every call would fail the same way (<see cref="ErrorCodes.Deployment"/>). What was bought is stored.</exception>
    public async Task<EmbeddingFetch> FetchAsync(IReadOnlyList<string> prompts, string payer, int? concurrency, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        var texts = Different(prompts);
        var vectors = new ConcurrentDictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var part in texts.Chunk(LookedUpAtOnce)) await LookUpAsync(part, vectors, cancellationToken);
        var stored = vectors.Count;
        progress?.Invoke(stored, texts.Length);

        var batches = Batches([.. texts.Where(t => !vectors.ContainsKey(t))]).ToArray();
        var terms = new PurchaseTerms(_gate, payer, null, _time);
        var run = await PurchaseRun.OfAsync(
            batches.Length,
            concurrency ?? _deployment.Concurrency,
            async (i, stop) =>
            {
                await BuyAsync(batches[i], terms, vectors, stop);
                progress?.Invoke(vectors.Count, texts.Length);
                return false;
            },
            cancellationToken);
        var all = vectors.Count == texts.Length ? new PromptEmbeddings(_deployment.Name, _deployment.Model, vectors) : null;
        return new EmbeddingFetch(all, vectors.Count - stored, stored, texts.Length, all is null ? run.Cap : null);
    }

    private async Task LookUpAsync(string[] texts, ConcurrentDictionary<string, float[]> vectors, CancellationToken cancellationToken)
    {
        if (_store is null) return;
        var found = await _store.GetAsync([.. texts.Select(Address)], cancellationToken);
        for (var i = 0; i < texts.Length; i++)
        {
            if (found[i] is { } values) vectors[texts[i]] = await ReadAsync(texts[i], values, cancellationToken);
        }
    }

    private async Task<float[]> ReadAsync(string text, IReadOnlyList<double> values, CancellationToken cancellationToken)
    {
        var address = Address(text);
        var words = (await _store!.FindAsync(address, cancellationToken))?.Detail.Rationale;
        var bytes = new byte[(words?.Length ?? 0) / 4 * 3];
        if (values is not [var length] || words is null || !Convert.TryFromBase64String(words, bytes, out var count) || count != length * sizeof(float))
            throw new OrchestrationException(ErrorCodes.Store, $"The stored embedding {address.Pair}/{address.Judge} does not have the numbers that it should have: the store is damaged. Restore it from a copy, or remove that judgment.");
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, count)).ToArray();
    }

    private async Task BuyAsync(string[] texts, PurchaseTerms terms, ConcurrentDictionary<string, float[]> vectors, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(texts, terms, cancellationToken);
        if (reply.Failure is { } failure)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // One text may be at fault: it is found by halves, and the others are not lost.
            if (texts.Length > 1 && failure is UnscoredReason.TooLong or UnscoredReason.Filtered or UnscoredReason.Rejected)
            {
                await BuyAsync(texts[..(texts.Length / 2)], terms, vectors, cancellationToken);
                await BuyAsync(texts[(texts.Length / 2)..], terms, vectors, cancellationToken);
                return;
            }

            var which = texts.Length == 1 ? $"the prompt that begins '{Beginning(texts[0])}'" : string.Create(CultureInfo.InvariantCulture, $"{texts.Length} prompts");
            throw new OrchestrationException(ErrorCodes.Deployment, $"Deployment '{_deployment.Name}' gave no embeddings of {which}: {failure}{(reply.FailureDetail is { Length: > 0 } said ? $" ({said})" : "")}. What was bought is stored: the same command goes on.");
        }

        if (_store is null)
        {
            for (var i = 0; i < texts.Length; i++) vectors[texts[i]] = reply.Vectors[i];
            return;
        }

        // It is paid for: no cancellation keeps it out of the store. Of two that bought the same, what the store holds counts.
        var kept = await _store.PutAsync([.. texts.Select((t, i) => Stored(t, reply.Vectors[i], reply.ServedModel))], CancellationToken.None);
        for (var i = 0; i < texts.Length; i++) vectors[texts[i]] = await ReadAsync(texts[i], kept[i], CancellationToken.None);
    }

    private async Task<EmbeddingReply> SendAsync(string[] texts, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var bound = terms.KeepsAccount ? Bound(texts) : null;
        var reservation = await terms.ReserveAsync(new SpendPurpose(Purpose, _deployment.Name), bound * _deployment.MaxAttempts, cancellationToken);
        EmbeddingReply reply;
        try
        {
            reply = await _deployment.EmbedAsync(texts, terms.OriginOf(Purpose), cancellationToken);
        }
        catch (Exception e)
        {
            // Cancelled before it was sent, or refused as every call would be: nothing was charged. Of anything else nobody knows.
            await terms.SettleAsync(reservation, 0, e is OperationCanceledException or OrchestrationException ? 0 : reservation?.AmountUsd ?? 0);
            throw;
        }

        await terms.SettleAsync(reservation, reply.Totals.CostUsd, (bound ?? 0) * Math.Min(reply.UnknownAttempts, _deployment.MaxAttempts));
        return reply;
    }

    private decimal? Bound(IReadOnlyCollection<string> texts) => _deployment.Prices?.UpperBound(texts.Sum(static t => (long)Encoding.UTF8.GetByteCount(t) + FramingBytes), 0);

    private JudgmentAddress Address(string text) => new(PairHash.Of("embedded text", text), _version, 0);

    private StoredJudgment Stored(string text, float[] vector, string? servedModel) => new()
    {
        Address = Address(text),
        Values = [vector.Length],
        Detail = new JudgmentDetail { Rationale = Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)), ServedModel = servedModel },
    };

    private static string[] Different(IReadOnlyList<string> prompts) => [.. prompts.Select(EmbeddingText.Cut).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string[]> Batches(string[] texts)
    {
        var (batch, bytes) = (new List<string>(), 0);
        foreach (var text in texts)
        {
            var own = Encoding.UTF8.GetByteCount(text);
            if (batch.Count == MostTexts || (batch.Count > 0 && bytes + own > MostBytes))
            {
                yield return [.. batch];
                batch.Clear();
                bytes = 0;
            }

            batch.Add(text);
            bytes += own;
        }

        if (batch.Count > 0) yield return [.. batch];
    }

    private static string Beginning(string text) => (text.Length > 60 ? text[..60] + "…" : text).ReplaceLineEndings(" ");
}
