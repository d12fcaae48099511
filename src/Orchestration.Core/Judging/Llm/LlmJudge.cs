using System.Globalization;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// A rubric over a language model. docs/design/judges.md states the order in which a judgment is made, the reply forms and the reasons for which
/// there is none.
/// </summary>
public sealed class LlmJudge : IJudge
{
    private readonly LlmQuestion _question;
    private readonly JudgmentPurchases _purchases;
    private readonly JudgeDescriptor _calls;
    private readonly int _repeats;

    /// <summary>Creates the judge.</summary>
    /// <param name="rubric">What to score or compare by.</param>
    /// <param name="deployment">The model.</param>
    /// <param name="options">How the rubric is put to it.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by all judges of the process.</param>
    /// <param name="id">Its id; null for <c>rubric@deployment</c>.</param>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: an option is out of its range or does not suit the rubric.</exception>
    public LlmJudge(Rubric rubric, IChatDeployment deployment, LlmJudgeOptions options, JudgmentPurchases purchases, string? id = null)
    {
        ArgumentNullException.ThrowIfNull(rubric);
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(purchases);
        id ??= $"{rubric.Id}@{deployment.Name}";
        _question = new LlmQuestion(id, rubric, deployment, options);
        _purchases = purchases;
        _repeats = options.Protocol == LlmProtocol.Samples ? options.Samples : 1;

        var version = _question.CallVersion();
        Descriptor = new JudgeDescriptor
        {
            Id = id,
            Kind = JudgeKind.Llm,
            Version = _repeats == 1 ? version : PairHash.Of("samples", version.ToString(), _repeats.ToString(CultureInfo.InvariantCulture)),
            Dimensions = rubric.Protocol == RubricProtocol.Compare
                ? [new JudgeDimension(id, new Scale(-1, 1, 1))]
                : [.. rubric.Dimensions.Select(d => new JudgeDimension(d.Name is null ? id : $"{id}/{d.Name}", d.Scale))],
            NeedsReference = rubric.NeedsReference,
            IsPaid = true,
            HasSingleAddress = _repeats == 1,
            ComparesDirectly = rubric.Protocol == RubricProtocol.Compare,
        };
        _calls = Descriptor with { Version = version };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <summary>
    /// Twice the deployment's concurrency: while a call's reservation and judgment are written, another one has its turn at the endpoint. The
    /// deployment itself sees to it that no more than its own number are sent at once.
    /// </summary>
    public int Concurrency => Math.Max(1, _question.Deployment.Concurrency) * 2;

    /// <summary>Calls that one item takes where nothing is stored and every reply can be read: 1, or the number of samples.</summary>
    public int CallsPerItem => _repeats;

    /// <summary>The descriptor whose version is in the address of each single call; that of samples is shared by any number of them.</summary>
    public JudgeDescriptor CallDescriptor => _calls;

    /// <summary>What is the same for all of its calls.</summary>
    internal LlmQuestion Question => _question;

    /// <summary>The first call for a pair, as it would be sent: for estimates and for showing the prompt.</summary>
    public ChatRequest RequestFor(Pair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return Descriptor.ComparesDirectly ? throw Compares() : _question.Request(_question.UserMessage(Material.Of(pair)), [], 0, 0);
    }

    /// <summary>The first call for a comparison in the order given, as it would be sent.</summary>
    public ChatRequest RequestFor(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return Descriptor.ComparesDirectly ? _question.Request(_question.UserMessage(Material.Of(comparison)), [], 0, 0) : throw Scores();
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Descriptor.ComparesDirectly ? throw Compares() : RunAsync(request, Material.Of, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Descriptor.ComparesDirectly ? RunAsync(request, Material.Of, cancellationToken) : throw Scores();
    }

    private async ValueTask<JudgeReply> RunAsync<T>(JudgeRequest<T> request, Func<T, Material> materialOf, CancellationToken cancellationToken)
    {
        var materials = new Material[request.Items.Count];
        for (var i = 0; i < materials.Length; i++) materials[i] = materialOf(request.Items[i]);
        var terms = _purchases.TermsFor(request.Payer, request.Deadline);
        var known = await _purchases.LookUpAsync(_calls, materials, _repeats, cancellationToken);
        return await ItemBatch.RunAsync(
            materials.Length,
            Descriptor.Dimensions.Count,
            Concurrency,
            (i, stop) => OneAsync(materials[i], known.Length == 0 ? default : known.AsMemory(i * _repeats, _repeats), terms, stop),
            cancellationToken);
    }

    private async ValueTask<ItemOutcome> OneAsync(
        Material material, ReadOnlyMemory<IReadOnlyList<double>?> known, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var dimensions = Descriptor.Dimensions.Count;
        if (Descriptor.NeedsReference && material.Reference is null) return ItemOutcome.Unscored(UnscoredReason.NoReference, dimensions, CallTotals.None);
        if (_repeats > 1) return await SampleAsync(material, known, terms, cancellationToken);

        var purchase = await GetAsync(material, 0, known, terms, cancellationToken);
        return purchase.Values is { } values
            ? ItemOutcome.Scored(values, purchase.Totals, purchase.IsFromStore)
            : ItemOutcome.Unscored(purchase.Reason!, dimensions, purchase.Totals);
    }

    private async ValueTask<ItemOutcome> SampleAsync(
        Material material, ReadOnlyMemory<IReadOnlyList<double>?> known, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var asked = new Task<Purchase>[_repeats];
        for (var r = 0; r < _repeats; r++) asked[r] = GetAsync(material, r, known, terms, cancellationToken).AsTask();
        var samples = await Task.WhenAll(asked);

        var dimensions = Descriptor.Dimensions.Count;
        var totals = CallTotals.None;
        var sums = new double[dimensions];
        var scored = 0;
        foreach (var sample in samples)
        {
            totals += sample.Totals;
            if (sample.Values is not { } values) continue;
            scored++;
            for (var d = 0; d < dimensions; d++) sums[d] += values[d];
        }

        if (scored * 2 < _repeats)
        {
            // Sorting is stable: of reasons equally frequent, the one that came first.
            var reason = samples.Where(s => s.Values is null).GroupBy(s => s.Reason!, StringComparer.Ordinal).OrderByDescending(g => g.Count()).First().Key;
            return ItemOutcome.Unscored(reason, dimensions, totals);
        }

        for (var d = 0; d < dimensions; d++) sums[d] /= scored;
        return ItemOutcome.Scored(sums, totals, samples.All(s => s.IsFromStore));
    }

    private ValueTask<Purchase> GetAsync(
        Material material, int repeat, ReadOnlyMemory<IReadOnlyList<double>?> known, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        if (!known.IsEmpty && known.Span[repeat] is { } values) return ValueTask.FromResult(new Purchase { Values = values, IsFromStore = true });
        var address = JudgmentAddress.Of(_calls, material.Hash, material.Reference, repeat);
        return _purchases.GetAsync(address, Descriptor.Dimensions.Count, new LlmSeller(_question, material, repeat), terms, cancellationToken);
    }

    private NotSupportedException Compares() => new($"Judge '{Descriptor.Id}' compares two answers; it does not score one.");

    private NotSupportedException Scores() => new($"Judge '{Descriptor.Id}' scores one answer; compare its scores.");
}
