using System.Globalization;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Panels;
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
            HasSingleAddress = _repeats == 1 && options.Repeat == 0 && !_question.AsksBeside,
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

    /// <summary>The repeat of its first call's address: 0 but for a judge that asks once more.</summary>
    public int FirstRepeat => _question.Options.Repeat;

    /// <summary>True where its score is added up from the criteria of a compiled checklist.</summary>
    public bool HasChecklist => _question.Rubric.Checklist is not null;

    /// <summary>The descriptor whose version is in the address of each single call; that of samples is shared by any number of them.</summary>
    public JudgeDescriptor CallDescriptor => _calls;

    /// <summary>What is the same for all of its calls.</summary>
    internal LlmQuestion Question => _question;

    /// <summary>The first call for a pair, as it would be sent: for estimates and for showing the prompt.</summary>
    public ChatRequest RequestFor(Pair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return Descriptor.ComparesDirectly ? throw Compares() : RequestFor(_question.Inquire(Material.Of(pair)));
    }

    /// <summary>The first call for a comparison in the order given, as it would be sent.</summary>
    public ChatRequest RequestFor(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return Descriptor.ComparesDirectly ? RequestFor(_question.Inquire(Material.Of(comparison))) : throw Scores();
    }

    /// <summary>What the first call for a pair comes to, for estimates.</summary>
    public PromptMeasure MeasureOf(Pair pair) => _question.Measure(RequestFor(pair));

    /// <summary>What the first call for a comparison in the order given comes to, for estimates.</summary>
    public PromptMeasure MeasureOf(Comparison comparison) => _question.Measure(RequestFor(comparison));

    /// <summary>What would be asked of a pair: whether it is, at which address, and what the first call comes to.</summary>
    public LlmPlan PlanOf(Pair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return Descriptor.ComparesDirectly ? throw Compares() : PlanOf(_question.Inquire(Material.Of(pair)));
    }

    /// <summary>What would be asked of a comparison in the order given.</summary>
    public LlmPlan PlanOf(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return Descriptor.ComparesDirectly ? PlanOf(_question.Inquire(Material.Of(comparison))) : throw Scores();
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
        var inquiries = new Inquiry[request.Items.Count];
        for (var i = 0; i < inquiries.Length; i++) inquiries[i] = _question.Inquire(materialOf(request.Items[i]));
        var terms = _purchases.TermsFor(request.Payer, request.Deadline);
        var addresses = new JudgmentAddress[FirstRepeat == 0 ? inquiries.Length * _repeats : 0];
        for (var i = 0; i < addresses.Length; i++) addresses[i] = Address(inquiries[i / _repeats], i % _repeats, null);
        var known = addresses.Length == 0 ? [] : await _purchases.LookUpAsync(addresses, Descriptor.Dimensions.Count, cancellationToken);
        return await ItemBatch.RunAsync(
            inquiries.Length,
            Descriptor.Dimensions.Count,
            Concurrency,
            (i, stop) => OneAsync(inquiries[i], known.Length == 0 ? default : known.AsMemory(i * _repeats, _repeats), terms, stop),
            cancellationToken);
    }

    private ChatRequest RequestFor(Inquiry inquiry) => _question.Request(inquiry, _question.UserMessage(inquiry), [], 0, 0);

    private LlmPlan PlanOf(Inquiry inquiry) => inquiry.Reason is { } reason
        ? new LlmPlan(reason, default, default)
        : new LlmPlan(null, Address(inquiry, 0, null), _question.Measure(RequestFor(inquiry)));

    /// <summary>The model that it asks.</summary>
    internal IChatDeployment Deployment => _question.Deployment;

    /// <summary>What it says as one of several: its judgment with its words, made after what it is shown of the others.</summary>
    /// <param name="inquiry">What is judged.</param>
    /// <param name="view">What it is shown; null in a first round, whose judgments are those of the judge by itself.</param>
    /// <param name="terms">On whose account.</param>
    /// <param name="cancellationToken">Stops before the next call.</param>
    internal async ValueTask<LlmAnswer> AnswerAsync(Inquiry inquiry, PanelView? view, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        if (inquiry.Reason is { } reason) return new LlmAnswer(null, reason, CallTotals.None, false, null);
        var asked = new Task<Purchase>[_repeats];
        for (var r = 0; r < _repeats; r++) asked[r] = GetAsync(inquiry, FirstRepeat + r, default, view, terms, cancellationToken).AsTask();
        var purchases = await Task.WhenAll(asked);
        var answer = _repeats == 1 ? Answer(purchases[0]) : Reduce(purchases);
        if (answer.Values is null) return answer;

        // The words that count are those in the store, whoever put them there.
        var first = Array.FindIndex(purchases, p => p.Values is not null);
        return answer with { Rationale = await _purchases.RationaleAsync(Address(inquiry, FirstRepeat + first, view), purchases[first], cancellationToken) };
    }

    /// <summary>A judgment in words, as other judges of a panel are shown it.</summary>
    internal string Statement(IReadOnlyList<double> values, string? rationale) =>
        PanelView.Statement(_question.Rubric, _question.Prompt.NameOfA, _question.Prompt.NameOfB, values, rationale);

    private async ValueTask<ItemOutcome> OneAsync(
        Inquiry inquiry, ReadOnlyMemory<IReadOnlyList<double>?> known, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var dimensions = Descriptor.Dimensions.Count;
        if (inquiry.Reason is { } reason) return ItemOutcome.Unscored(reason, dimensions, CallTotals.None);

        LlmAnswer answer;
        if (_repeats == 1)
        {
            answer = Answer(await GetAsync(inquiry, FirstRepeat, known, null, terms, cancellationToken));
        }
        else
        {
            var asked = new Task<Purchase>[_repeats];
            for (var r = 0; r < _repeats; r++) asked[r] = GetAsync(inquiry, r, known, null, terms, cancellationToken).AsTask();
            answer = Reduce(await Task.WhenAll(asked));
        }

        return answer.Values is { } values
            ? ItemOutcome.Scored(values, answer.Totals, answer.IsFromStore)
            : ItemOutcome.Unscored(answer.Reason!, dimensions, answer.Totals);
    }

    private static LlmAnswer Answer(Purchase purchase) => new(purchase.Values, purchase.Reason, purchase.Totals, purchase.IsFromStore, null);

    /// <summary>The mean of several samples.</summary>
    private LlmAnswer Reduce(Purchase[] samples)
    {
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
            return new LlmAnswer(null, reason, totals, false, null);
        }

        for (var d = 0; d < dimensions; d++) sums[d] /= scored;
        return new LlmAnswer(sums, null, totals, samples.All(s => s.IsFromStore), null);
    }

    /// <summary>The address of one reply.</summary>
    internal JudgmentAddress Address(Inquiry inquiry, int repeat, PanelView? view)
    {
        var address = JudgmentAddress.Of(_calls, inquiry.Material.Hash, inquiry.Material.Reference, repeat);
        if (inquiry.Beside is { } beside) address = address with { Judge = PairHash.Of("beside", address.Judge.ToString(), beside.ToString()) };
        return view is null ? address : address with { Judge = PairHash.Of("panel-view", address.Judge.ToString(), view.Hash.ToString()) };
    }

    private ValueTask<Purchase> GetAsync(
        Inquiry inquiry, int repeat, ReadOnlyMemory<IReadOnlyList<double>?> known, PanelView? view, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        if (!known.IsEmpty && known.Span[repeat] is { } values) return ValueTask.FromResult(new Purchase { Values = values, IsFromStore = true });
        return _purchases.GetAsync(
            Address(inquiry, repeat, view), Descriptor.Dimensions.Count, new LlmSeller(_question, inquiry, repeat, view), terms, cancellationToken);
    }

    private NotSupportedException Compares() => new($"Judge '{Descriptor.Id}' compares two answers; it does not score one.");

    private NotSupportedException Scores() => new($"Judge '{Descriptor.Id}' scores one answer; compare its scores.");
}

/// <summary>What a language model's judge said: values or a reason.</summary>
/// <param name="Values">One for each dimension; null where there is a reason.</param>
/// <param name="Reason">Why there are none.</param>
/// <param name="Totals">What it took.</param>
/// <param name="IsFromStore">True where it cost nothing now.</param>
/// <param name="Rationale">Its words; of several samples those of the first that has a score. Null where nobody asked for them.</param>
internal readonly record struct LlmAnswer(IReadOnlyList<double>? Values, string? Reason, CallTotals Totals, bool IsFromStore, string? Rationale);

/// <summary>What a judge would ask of one item.</summary>
/// <param name="Reason">Why it would not ask, one of <see cref="UnscoredReason"/>; null where it would.</param>
/// <param name="Address">Where the first reply is stored; samples differ from it in their repeat alone. Nothing where it would not ask.</param>
/// <param name="Measure">What the first call comes to; nothing where it would not ask.</param>
public readonly record struct LlmPlan(string? Reason, JudgmentAddress Address, PromptMeasure Measure);

/// <summary>What a call comes to before it is made.</summary>
/// <param name="TextBytes">UTF-8 bytes of its text.</param>
/// <param name="ImageTokens">Tokens of its images, at most.</param>
/// <param name="MaxOutputTokens">Its maximum output.</param>
public readonly record struct PromptMeasure(long TextBytes, long ImageTokens, int MaxOutputTokens);
