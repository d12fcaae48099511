using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;

namespace Orchestration.Core.Tests.Judging.Panels;

/// <summary>Members of panels, each a model of its own.</summary>
internal static class GivenPanel
{
    /// <summary>A model that always gives this score, with its name for a reason.</summary>
    public static ScriptedChat Scorer(string model, double score) => Member(model, Reply(score, $"So says {model.ToUpperInvariant()}."));

    public static ScriptedChat Member(string model, params string[] texts) =>
        new(texts) { Name = "at-" + model, Model = new ModelIdentity("maker", model, "1"), Prices = new TokenPrices(10, 1, 10, 10) };

    public static ScriptedChat Failing(string model, string reason) =>
        new((_, _) => ScriptedChat.Fails(reason)) { Name = "at-" + model, Model = new ModelIdentity("maker", model, "1") };

    public static string Reply(double score, string rationale) =>
        FormattableString.Invariant($$"""{"rationale": "{{rationale}}", "score": {{score}}}""");

    public static PanelJudge Panel(
        this ScriptedChat[] chats, JudgmentPurchases? purchases = null, int rounds = 1, PanelFinal? final = null, ScriptedChat? closing = null,
        double? minShare = null, Rubric? rubric = null, string?[]? profiles = null)
    {
        rubric ??= Given.Score();
        purchases ??= Given.Purchases();
        return new PanelJudge(
            "panel", rubric, [.. chats.Select((chat, i) => Judge(chat, profiles?[i]))], rounds, final, closing is null ? null : Judge(closing, null), minShare, purchases);

        LlmJudge Judge(ScriptedChat chat, string? profile) => new(rubric, chat, new LlmJudgeOptions { Profile = profile }, purchases, "panel");
    }

    public static async Task<JudgeReply> AskAsync(this PanelJudge panel, string? payer = null) =>
        await panel.JudgeAsync(new JudgeRequest<Pair> { Items = [Given.Pair()], Payer = payer }, Xunit.TestContext.Current.CancellationToken);
}
