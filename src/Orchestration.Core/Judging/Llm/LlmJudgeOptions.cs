using System.Globalization;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>How a model's replies become a judgment.</summary>
public enum LlmProtocol
{
    /// <summary>One reply, read as it is: a score, or the verdict of a comparison.</summary>
    Score,

    /// <summary>
    /// The mean of the scale's digits weighted with their probabilities at the place of the answer. For one whole-number scale within 0–9.
    /// </summary>
    Expected,

    /// <summary>The mean of several replies, each with an address of its own, so that asking for more later buys only the new ones.</summary>
    Samples,
}

/// <summary>How a rubric is put to a model. Everything but <see cref="MaxAsks"/> and <see cref="ImageTokens"/> is part of the judge's version.</summary>
public sealed record LlmJudgeOptions
{
    /// <summary>How replies become a judgment. Default <see cref="LlmProtocol.Score"/>; a comparison takes no other.</summary>
    public LlmProtocol Protocol { get; init; } = LlmProtocol.Score;

    /// <summary>How many replies are averaged, 2–100. Default 5; ignored unless <see cref="Protocol"/> is <see cref="LlmProtocol.Samples"/>.</summary>
    public int Samples { get; init; } = 5;

    /// <summary>
    /// Which time of asking this is, 0–1,000: 0 is the judgment itself, 1, 2, … are the same question asked once more, each stored at an address of its own. Default 0; not with
    /// <see cref="LlmProtocol.Samples"/>. No part of the version.
    /// </summary>
    public int Repeat { get; init; }

    /// <summary>Sampling temperature, 0–2. Default 0; null leaves the parameter out, as reasoning models demand.</summary>
    public double? Temperature { get; init; } = 0;

    /// <summary>Maximum output of a call in tokens, hidden reasoning included. Default 1024.</summary>
    public int MaxOutputTokens { get; init; } = 1024;

    /// <summary>Sampling seed; the n-th repeat and the n-th time of asking add to it. Default null: none is sent.</summary>
    public long? Seed { get; init; }

    /// <summary>
    /// What the endpoint is told about the reply's format. Default null: <see cref="Deployments.ReplyFormat.JsonSchema"/> where the model is asked for
    /// JSON (a deployment that does not know it sends what it knows), otherwise <see cref="Deployments.ReplyFormat.Text"/>.
    /// </summary>
    public ReplyFormat? ReplyFormat { get; init; }

    /// <summary>
    /// How often one judgment is asked for in all, 1–10, when replies are unreadable, off the scale, cut off or refused. Default 3.
    /// </summary>
    public int MaxAsks { get; init; } = 3;

    /// <summary>How this judge is told to look at the material beside the rubric, 1–2,000 characters. Default null: by the rubric alone.</summary>
    public string? Profile { get; init; }

    /// <summary>True where images in the material, written as Markdown, are sent as images. Default false: they are text like any other.</summary>
    public bool Images { get; init; }

    /// <summary>Tokens that an image counts as, at most, for reservations: 1–1,000,000. Default 8,192; ignored without <see cref="Images"/>. No part of the version.</summary>
    public int ImageTokens { get; init; } = Configuration.DeploymentConfig.UsualImageTokens;

    /// <summary>How much a reasoning model is told to think; null where it is told nothing. The deployment sends it; here it is part of the version.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>
    /// True where the reference is kept from the judge, of a rubric to which it is optional: the difference to the same judge with it is what the reference
    /// does. Default false.
    /// </summary>
    public bool DropsReference { get; init; }

    /// <summary>Pairs that were judged already, of which the judge is shown the nearest. Default null: none.</summary>
    public ExemplarPool? Exemplars { get; init; }

    /// <summary>The format that is asked for.</summary>
    internal ReplyFormat ReplyFormatFor(Rubric rubric) => ReplyFormat
        ?? (AsksForJson(rubric) ? Deployments.ReplyFormat.JsonSchema : Deployments.ReplyFormat.Text);

    private bool AsksForJson(Rubric rubric) => rubric.ReplyForm is ReplyForm.Json or ReplyForm.Critique or ReplyForm.Checklist && Protocol != LlmProtocol.Expected;

    /// <summary>Checks each option by itself and against the rubric.</summary>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: names the judge, the option, its value and the cure.</exception>
    internal void Validate(string judgeId, Rubric rubric)
    {
        var isScore = rubric.Protocol == RubricProtocol.Score;
        Demand(Enum.IsDefined(Protocol), "protocol", Text((int)Protocol), "use score, expected or samples");
        Demand(ReplyFormat is not { } format || Enum.IsDefined(format), "reply-format", Text((int)ReplyFormat.GetValueOrDefault()), "use text, json-object or json-schema");
        Demand(MaxOutputTokens is >= 1 and <= 1_000_000, "max-output-tokens", Text(MaxOutputTokens), "it lies within 1 and 1000000 tokens");
        Demand(Temperature is null or (>= 0 and <= 2), "temperature", Text(Temperature), "it lies within 0 and 2; leave it out for models that refuse it");
        Demand(Profile is null or { Length: >= 1 and <= 2000 }, "profile", $"{Text(Profile?.Length ?? 0)} characters long", "it has 1 to 2000; what is to be judged belongs into the rubric");
        Demand(ImageTokens is >= 1 and <= 1_000_000, "image-tokens", Text(ImageTokens), "it lies within 1 and 1000000 tokens");
        Demand(Repeat is >= 0 and <= 1000, "repeat", Text(Repeat), "it lies within 0 and 1000");
        Demand(Repeat == 0 || Protocol != LlmProtocol.Samples, "repeat", Text(Repeat), "samples are asked for several times already; use protocol score or expected");
        Demand(MaxAsks is >= 1 and <= 10, "max-asks", Text(MaxAsks), "it lies within 1 and 10");
        Demand(
            ReplyFormat is null or Deployments.ReplyFormat.Text || AsksForJson(rubric),
            "reply-format",
            ReplyFormat == Deployments.ReplyFormat.JsonObject ? "json-object" : "json-schema",
            $"rubric '{rubric.Id}' is not asked for JSON here; use text");
        Demand(isScore || Protocol == LlmProtocol.Score, "protocol", Name, $"rubric '{rubric.Id}' compares two answers, which is one reply; use score");
        if (Protocol == LlmProtocol.Samples)
        {
            Demand(Samples is >= 2 and <= 100, "samples", Text(Samples), "it lies within 2 and 100; for one reply use protocol score");
            Demand(Temperature != 0, "temperature", "0", "samples at temperature 0 are one reply bought several times; set it above 0, or leave it out");
        }

        if (Protocol == LlmProtocol.Expected) ValidateExpected(judgeId, rubric);
        if (rubric.ReplyForm == ReplyForm.Checklist && rubric.Checklist is null)
            throw Fault(judgeId, $"rubric '{rubric.Id}' is a checklist that has not been compiled: run 'orchestrate rubric compile {rubric.File}' and judge by '{rubric.Id}{RubricCompiler.IdSuffix}'.");
        if (DropsReference && rubric.Reference != MaterialUse.Optional)
            throw Fault(judgeId, $"reference is drop, and rubric '{rubric.Id}' has 'reference: {RubricNames.Of(rubric.Reference)}': only an optional reference can be dropped; take the option out.");
        Exemplars?.Check(judgeId, rubric);
        if (rubric.ThinkFirst && rubric.ReplyForm is ReplyForm.Number or ReplyForm.JudgeLm or ReplyForm.PandaLm or ReplyForm.Critique or ReplyForm.Checklist)
            throw Fault(judgeId, $"rubric '{rubric.Id}' asks for the model's own answer first, and its reply form has no room for it; use another reply form.");

        void Demand(bool holds, string option, string value, string cure)
        {
            if (!holds) throw Fault(judgeId, $"{option} is {value}: {cure}.");
        }
    }

    private string Name => Protocol switch
    {
        LlmProtocol.Expected => "expected",
        LlmProtocol.Samples => "samples",
        _ => "score",
    };

    private static void ValidateExpected(string judgeId, Rubric rubric)
    {
        const string Cure = "use protocol score or samples";
        if (rubric.Dimensions.Count != 1)
            throw Fault(judgeId, $"protocol is expected, and rubric '{rubric.Id}' has {Text(rubric.Dimensions.Count)} dimensions: the probabilities of one digit are one score; {Cure}.");
        if (rubric.ReplyForm is not (ReplyForm.Json or ReplyForm.Number) || rubric.ThinkFirst)
            throw Fault(judgeId, $"protocol is expected, and rubric '{rubric.Id}' demands a reply of its own form: the model is asked for one digit and nothing else; {Cure}.");
        var scale = rubric.Dimensions[0].Scale;
        if (scale.Step != 1 || scale.Min < 0 || scale.Max > 9 || scale.Min != Math.Floor(scale.Min) || scale.Max != Math.Floor(scale.Max))
        {
            throw Fault(
                judgeId,
                $"protocol is expected, and the scale of rubric '{rubric.Id}' is {Text(scale.Min)} to {Text(scale.Max)} in steps of {Text(scale.Step)}: "
                + $"every score must be a single digit, so whole numbers within 0 and 9 in steps of 1; {Cure}.");
        }
    }

    private static OrchestrationException Fault(string judgeId, string message) =>
        new(ErrorCodes.Configuration, $"Judge '{judgeId}': {message}");

    private static string Text<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "not set";
}
