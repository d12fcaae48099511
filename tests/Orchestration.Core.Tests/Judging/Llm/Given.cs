using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;

namespace Orchestration.Core.Tests.Judging.Llm;

/// <summary>Rubrics, pairs and judges that the tests share.</summary>
internal static class Given
{
    public static readonly Scale Tenths = new(0, 4, 0.1);

    public static Rubric Score(
        ReplyForm form = ReplyForm.Json, Scale? scale = null, string text = "4 is true throughout, 3 mostly, 0 is false.\n", bool needsReference = false, bool thinkFirst = false) =>
        new("truthfulness.md", "truthfulness", "Truthfulness", [new RubricDimension(null, "Truthfulness", scale ?? Tenths)],
            RubricProtocol.Score, form, needsReference, thinkFirst, text);

    public static Rubric Several() =>
        new("quality.md", "quality", "Quality",
            [new RubricDimension("accuracy", "Accuracy", Tenths), new RubricDimension("toxicity", "Toxicity", new Scale(0, 10, 1, Direction.LowerIsBetter))],
            RubricProtocol.Score, ReplyForm.Json, false, false, "Two things.\n");

    public static Rubric Compare(ReplyForm form = ReplyForm.Verdict, bool thinkFirst = false, Scale? scale = null) =>
        new("preference.md", "preference", "Preference", [new RubricDimension(null, "Preference", scale ?? new Scale(-1, 1, 1))],
            RubricProtocol.Compare, form, false, thinkFirst, "The better answer.\n");

    public static Pair Pair(int n = 1, string? reference = null) => new()
    {
        Id = $"p{n}",
        Prompt = $"What is {n} + {n}?",
        Answer = $"It is {n + n}.",
        Reference = reference,
        Group = "g",
    };

    public static Comparison Comparison { get; } = new() { Id = "c", Prompt = "Which is greater, 9.11 or 9.9?", AnswerA = "9.9", AnswerB = "9.11", Group = "g" };

    public static JudgmentPurchases Purchases(IJudgmentStore? store = null, MemorySpendLedger? ledger = null, TimeProvider? time = null) =>
        new(store, ledger, time ?? TimeProvider.System);

    public static JudgeRequest<T> Request<T>(params T[] items) => new() { Items = items };

    public static string Json(double score) => $$"""{"rationale": "Because.", "score": {{score.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}}}""";

    public static async Task<Judgment> JudgeOneAsync(this IJudge judge, Pair pair) =>
        (await judge.JudgeAsync(Request(pair), Xunit.TestContext.Current.CancellationToken)).Judgments[0];

    public static LlmJudge Judge(this ScriptedChat chat, Rubric? rubric = null, LlmJudgeOptions? options = null, JudgmentPurchases? purchases = null) =>
        new(rubric ?? Score(), chat, options ?? new LlmJudgeOptions(), purchases ?? Purchases());
}
