using System.Globalization;
using System.Text;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Judging.Llm.Checklists;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>What is the same for every call of one judge: rubric, prompt, deployment and options.</summary>
internal sealed class LlmQuestion
{
    // More than any chat template adds: role markers and separators of a message, and what surrounds them all.
    private const int TokensPerMessage = 16;
    private const int TokensOfFraming = 64;

    private readonly int _fixedTokens;
    private volatile bool _sawLogProbabilities;

    public LlmQuestion(string judgeId, Rubric rubric, IChatDeployment deployment, LlmJudgeOptions options)
    {
        options.Validate(judgeId, rubric);
        JudgeId = judgeId;
        Rubric = rubric;
        Deployment = deployment;
        Options = options;
        IsExpected = options.Protocol == LlmProtocol.Expected;
        Form = IsExpected ? ReplyForm.Number : rubric.ReplyForm;
        Prompt = new RubricPrompt(rubric, IsExpected, options.Profile, options.DropsReference, options.Exemplars);
        Format = options.ReplyFormatFor(rubric);
        Schema = Format == ReplyFormat.JsonSchema ? Prompt.Schema : null;
        _fixedTokens = Encoding.UTF8.GetByteCount(Prompt.System) + Encoding.UTF8.GetByteCount(Schema ?? "") + TokensOfFraming + 2 * TokensPerMessage;
    }

    public string JudgeId { get; }

    public Rubric Rubric { get; }

    public IChatDeployment Deployment { get; }

    public LlmJudgeOptions Options { get; }

    public RubricPrompt Prompt { get; }

    public ReplyForm Form { get; }

    public ReplyFormat Format { get; }

    public string? Schema { get; }

    public bool IsExpected { get; }

    /// <summary>
    /// True where a reply that cannot be read is answered with a correction. Models trained on one turn of their own form are asked afresh instead.
    /// </summary>
    public bool TakesCorrections => Form is ReplyForm.Json or ReplyForm.Number or ReplyForm.Verdict or ReplyForm.Critique or ReplyForm.Checklist;

    /// <summary>
    /// Hash of everything that decides what one reply says. The number of samples is not part of it, nor is how often is asked: more of either is
    /// no reason to buy anew what is stored.
    /// </summary>
    public Hash128 CallVersion()
    {
        var model = Deployment.Model;
        List<string> parts =
        [
            "llm-judge 1",
            "prompt " + RubricPrompt.Revision.ToString(CultureInfo.InvariantCulture),
            Rubric.Version,
            model.Publisher,
            model.Name,
            model.Snapshot,
            Options.Protocol switch { LlmProtocol.Expected => "expected", LlmProtocol.Samples => "samples", _ => "score" },
            Options.Temperature?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            Options.MaxOutputTokens.ToString(CultureInfo.InvariantCulture),
            Options.Seed?.ToString(CultureInfo.InvariantCulture) ?? "",
            Format switch { ReplyFormat.JsonObject => "json-object", ReplyFormat.JsonSchema => "json-schema", _ => "text" },
        ];

        // Only where they are set: the versions of judges that know nothing of them are what they always were.
        if (Options.Profile is { } profile) parts.AddRange(["profile " + RubricPrompt.ProfileRevision.ToString(CultureInfo.InvariantCulture), profile]);
        if (Options.ReasoningEffort is { } effort) parts.AddRange(["reasoning-effort", effort]);
        if (Rubric.Reference == MaterialUse.Optional) parts.Add(Options.DropsReference ? "reference drop" : "reference support " + Revision(RubricPrompt.MaterialRevision));
        if (Rubric.Context != MaterialUse.Never) parts.Add("context " + Revision(RubricPrompt.MaterialRevision));
        if (Rubric.Checklist is not null) parts.Add("checklist " + Revision(ChecklistPrompt.Revision));
        if (Form == ReplyForm.Critique) parts.Add("critique " + Revision(CritiqueInstructions.Revision));
        if (Options.Exemplars is { } exemplars) parts.AddRange(["exemplars " + Revision(ExemplarPool.Revision), exemplars.Hash.ToString()]);
        if (Options.Images) parts.Add("images " + MarkdownImages.Revision.ToString(CultureInfo.InvariantCulture));
        return PairHash.Of([.. parts]);
    }

    /// <summary>
    /// True where what is said beside the pair depends on more than the judge's version and a needed reference, so that the judge alone knows an address.
    /// </summary>
    public bool AsksBeside => (Rubric.Reference == MaterialUse.Optional && !Options.DropsReference) || Rubric.Context != MaterialUse.Never
        || Options.Exemplars is not null || HasConditions;

    /// <summary>True where a reply can only be read beside the answer that it is about.</summary>
    public bool ReadsAnswer => Rubric.Checklist is not null;

    private bool HasConditions => Rubric.Checklist?.Criteria.Any(static c => c.Conditions.Count != 0) == true;

    /// <summary>What is asked of a material.</summary>
    public Inquiry Inquire(in Material material)
    {
        var inquiry = new Inquiry { Material = material };
        if (Rubric.NeedsReference) inquiry = material.Reference is { } needed ? inquiry with { Reference = needed } : inquiry with { Reason = UnscoredReason.NoReference };
        else if (Rubric.Reference == MaterialUse.Optional && !Options.DropsReference) inquiry = inquiry with { Reference = material.Reference };
        if (Rubric.Context != MaterialUse.Never) inquiry = inquiry with { Context = material.Context };
        if (Rubric.Context == MaterialUse.Required && material.Context is null) inquiry = inquiry with { Reason = inquiry.Reason ?? UnscoredReason.NoContext };
        if (Rubric.Checklist is { } checklist)
        {
            // What is dropped cannot be checked: to a judge without the reference, criteria about it do not apply.
            var facts = new PairFacts(material.Prompt, Options.DropsReference ? null : material.Reference, material.Context, material.Category);
            IReadOnlyList<Criterion> criteria = HasConditions ? [.. checklist.Criteria.Where(c => c.AppliesTo(facts))] : checklist.Criteria;
            inquiry = inquiry with { Criteria = criteria, IsPartial = criteria.Count != checklist.Criteria.Count };
            if (criteria.Count == 0) inquiry = inquiry with { Reason = inquiry.Reason ?? UnscoredReason.NotApplicable };
        }

        if (inquiry.Reason is not null || !AsksBeside) return inquiry;
        if (Options.Exemplars is { } pool) inquiry = inquiry with { Exemplars = pool.Nearest(material) };
        return inquiry with { Beside = Beside(inquiry) };
    }

    private Hash128 Beside(Inquiry inquiry)
    {
        var parts = new List<string> { "beside 1" };
        if (Rubric.Reference == MaterialUse.Optional && !Options.DropsReference) parts.AddRange(inquiry.Reference is { } reference ? ["reference", reference] : ["no reference"]);
        if (Rubric.Context != MaterialUse.Never) parts.AddRange(inquiry.Context is { } context ? ["context", context] : ["no context"]);
        if (HasConditions) parts.AddRange(["criteria", string.Join(' ', inquiry.Criteria.Select(c => c.Id))]);
        if (Options.Exemplars is not null) parts.AddRange(["exemplars", .. inquiry.Exemplars.Select(e => e.Hash.ToString())]);
        return PairHash.Of([.. parts]);
    }

    public string UserMessage(Inquiry inquiry, PanelView? view = null) => Prompt.User(inquiry, view);

    /// <summary>The call itself.</summary>
    /// <param name="inquiry">What is asked.</param>
    /// <param name="user">The user message.</param>
    /// <param name="continuation">What follows it when asking again.</param>
    /// <param name="repeat">Which sample.</param>
    /// <param name="ask">How often was asked before.</param>
    public ChatRequest Request(Inquiry inquiry, string user, IReadOnlyList<ChatTurn> continuation, int repeat, int ask) => new()
    {
        System = Prompt.System,
        User = user,
        Continuation = continuation,
        MaxOutputTokens = Options.MaxOutputTokens,
        Temperature = Options.Temperature,

        // A hundred samples at most: no two of them ever share a seed.
        Seed = Options.Seed is { } seed ? unchecked(seed + repeat + (1000L * ask)) : null,
        Format = Format,
        JsonSchema = inquiry.IsPartial && Schema is not null ? ChecklistPrompt.Schema(inquiry.Criteria) : Schema,
        TopLogProbabilities = IsExpected ? ExpectedScore.Alternatives : 0,
    };

    /// <summary>What a call's messages come to.</summary>
    public PromptMeasure Measure(ChatRequest request)
    {
        var user = MarkdownImages.Measure(request.User, Options.Images);
        return new PromptMeasure(Encoding.UTF8.GetByteCount(request.System) + user.TextBytes, (long)user.Images * Options.ImageTokens, request.MaxOutputTokens);
    }

    /// <summary>Upper bound of one attempt in US dollars; null where the deployment has no prices.</summary>
    public decimal? BoundUsd(ChatRequest request)
    {
        if (Deployment.Prices is not { } prices) return null;
        var user = MarkdownImages.Measure(request.User, Options.Images);
        var tokens = _fixedTokens + user.TextBytes + ((long)user.Images * Options.ImageTokens);
        foreach (var turn in request.Continuation) tokens += Encoding.UTF8.GetByteCount(turn.Content) + TokensPerMessage;
        return prices.UpperBound(tokens, request.MaxOutputTokens);
    }

    private static string Revision(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads a reply by the judge's form and protocol.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="inquiry">What was asked; null where nobody knows any more, which a judge that <see cref="ReadsAnswer"/> does not survive.</param>
    /// <param name="mass">Captured probability of an expected score.</param>
    /// <exception cref="OrchestrationException">Expected scores need log-probabilities, and the endpoint has never sent any.</exception>
    public ReadOutcome Read(ChatReply reply, Inquiry? inquiry, out double? mass)
    {
        mass = null;
        var outcome = ReplyReader.Read(reply, Form, Rubric.Protocol, Rubric.Dimensions, inquiry);
        if (!IsExpected) return outcome;

        if (reply.LogProbabilities.Count != 0) _sawLogProbabilities = true;
        if (outcome.Values is not [var digit]) return outcome;
        if (!_sawLogProbabilities)
        {
            throw new OrchestrationException(
                ErrorCodes.Deployment,
                $"Judge '{JudgeId}': protocol is expected, and deployment '{Deployment.Name}' returns no log-probabilities. Use protocol score or samples, or a deployment that returns them.");
        }

        var scale = Rubric.Dimensions[0].Scale;
        var mean = ExpectedScore.Mean(reply.LogProbabilities, digit, scale, out var captured);
        mass = captured;
        return captured < ExpectedScore.LeastMass
            ? new ReadOutcome(null, null, captured > 0 ? UnscoredReason.LowMass : UnscoredReason.Unreadable)
            : outcome with { Values = [mean] };
    }
}
