using System.Globalization;
using System.Text;
using Orchestration.Core.Judging.Deployments;
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
        Prompt = new RubricPrompt(rubric, IsExpected, options.Profile);
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
    public bool TakesCorrections => Form is ReplyForm.Json or ReplyForm.Number or ReplyForm.Verdict;

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
        if (Options.Images) parts.Add("images " + MarkdownImages.Revision.ToString(CultureInfo.InvariantCulture));
        return PairHash.Of([.. parts]);
    }

    public string UserMessage(in Material material, PanelView? view = null) =>
        Prompt.User(material.Hash, material.Prompt, material.AnswerA, material.AnswerB, material.Reference, view);

    /// <summary>The call itself.</summary>
    /// <param name="user">The user message.</param>
    /// <param name="continuation">What follows it when asking again.</param>
    /// <param name="repeat">Which sample.</param>
    /// <param name="ask">How often was asked before.</param>
    public ChatRequest Request(string user, IReadOnlyList<ChatTurn> continuation, int repeat, int ask) => new()
    {
        System = Prompt.System,
        User = user,
        Continuation = continuation,
        MaxOutputTokens = Options.MaxOutputTokens,
        Temperature = Options.Temperature,

        // A hundred samples at most: no two of them ever share a seed.
        Seed = Options.Seed is { } seed ? unchecked(seed + repeat + (1000L * ask)) : null,
        Format = Format,
        JsonSchema = Schema,
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

    /// <summary>Reads a reply by the judge's form and protocol.</summary>
    /// <exception cref="OrchestrationException">Expected scores need log-probabilities, and the endpoint has never sent any.</exception>
    public ReadOutcome Read(ChatReply reply, out double? mass)
    {
        mass = null;
        var outcome = ReplyReader.Read(reply, Form, Rubric.Protocol, Rubric.Dimensions);
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
