using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Judging.Revising;
using Orchestration.Core.Judging.Solving;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Sweeps;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Revising;

/// <summary>A second look, the same question asked once more, and a model that answers itself: their addresses, their calls, and that a sweep makes them again.</summary>
public sealed class RevisingJudgeTests
{
    private static readonly Pair Asked = new() { Id = "p", Group = "g", Prompt = "Why is the sky blue?", Answer = "Air scatters blue light most." };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_look_is_shown_the_first_judgment_and_what_is_pointed_out_and_the_first_is_the_judge_s_own()
    {
        var chat = new ScriptedChat("""{"rationale":"It is long.","score":3}""", """{"rationale":"Length is no help.","score":2}""");
        var catalog = Catalog(chat);
        var alone = catalog.Resolve(["helpfulness@gpt"]).Judges[0];
        (await alone.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled)).Judgments[0].Value.ShouldBe(3);

        var revising = catalog.Resolve(["helpfulness:revise=length@gpt"]).Judges[0].ShouldBeOfType<RevisingJudge>();
        var reply = await revising.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled);

        reply.Judgments[0].Value.ShouldBe(2);
        chat.Calls.ShouldBe(2, "the first look was stored");
        var said = chat.Requests[1].User;
        said.ShouldContain("[your earlier judgment ");
        said.ShouldContain("Score: 3\nReasons: It is long.");
        said.ShouldContain("Judges tend to take a longer answer for a better one");
        said.ShouldNotContain("other judges");

        // Another word here is another question: raise PanelView.RevisingRevision with it.
        said.ShouldContain("Above stands what you said of this material by the same rubric before. Judges tend to take a longer answer for a better one, also where what is added says nothing. Look at the material again and see whether any of it moved your judgment. "
            + "Where it did, revise it; where it did not, keep it. Then give the whole judgment again.\n\nScore the answer by the rubric.");
        chat.Requests[1].System.ShouldBe(chat.Requests[0].System);
        (await revising.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled)).Judgments[0].Value.ShouldBe(2);
        chat.Calls.ShouldBe(2, "both are stored");
        await catalog.Resolve(["helpfulness:revise=position@gpt"]).Judges[0].JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled);
        chat.Calls.ShouldBe(3, "what is pointed out is part of the address");
    }

    [Fact]
    public async Task Without_a_first_judgment_there_is_no_second_look()
    {
        var chat = new ScriptedChat("No idea.");
        var reply = await Catalog(chat).Resolve(["helpfulness:revise@gpt"]).Judges[0].JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled);

        reply.Judgments[0].Reason.ShouldBe(UnscoredReason.Unreadable);
        chat.Requests.ShouldAllBe(static r => !r.User.Contains("earlier judgment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asked_once_more_the_same_judge_has_the_same_version_and_another_address()
    {
        var chat = new ScriptedChat("""{"rationale":"r","score":1}""", """{"rationale":"r","score":2}""", """{"rationale":"r","score":3}""");
        var judges = Catalog(chat).Resolve(["helpfulness@gpt", "helpfulness:repeat=1@gpt", "helpfulness:score+repeat=2@gpt"]).Judges;

        foreach (var round in new[] { 1, 2 })
        {
            for (var k = 0; k < 3; k++)
            {
                judges[k].Descriptor.Version.ShouldBe(judges[0].Descriptor.Version);
                (await judges[k].JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancelled)).Judgments[0].Value.ShouldBe(k + 1, $"round {round}");
            }
        }

        chat.Calls.ShouldBe(3);
        judges[1].Descriptor.HasSingleAddress.ShouldBeFalse();
        chat.Requests[1].User.ShouldBe(chat.Requests[0].User);
    }

    [Fact]
    public async Task A_solver_is_put_the_question_alone_and_a_wrong_answer_is_0_and_none_is_unscored()
    {
        var chat = new ScriptedChat("It is so.\nAnswer: 42", "Answer: 41", "Who knows.");
        var solver = Catalog(chat).Resolve(["solve@gpt"]).Judges[0].ShouldBeOfType<SolverJudge>();
        Pair[] questions = [.. new[] { "a", "b", "c" }.Select(static q => new Pair { Id = q, Group = q, Prompt = $"What is {q}?", Answer = "never shown", Reference = "42" })];
        var said = new List<Judgment>();
        foreach (var question in questions) said.Add((await solver.JudgeAsync(new JudgeRequest<Pair> { Items = [question] }, Cancelled)).Judgments[0]);

        said[0].Value.ShouldBe(1);
        said[1].Value.ShouldBe(0);
        said[2].Reason.ShouldBe(UnscoredReason.Unreadable);
        chat.Requests[0].User.ShouldBe("What is a?");
        chat.Requests.ShouldAllBe(static r => !(r.User + r.System).Contains("42", StringComparison.Ordinal) && !r.User.Contains("never shown", StringComparison.Ordinal));
        (await solver.JudgeAsync(new JudgeRequest<Pair> { Items = [questions[0] with { Reference = "An essay.\nOf two lines." }] }, Cancelled)).Judgments[0].Reason.ShouldBe(UnscoredReason.NotApplicable);
        (await solver.JudgeAsync(new JudgeRequest<Pair> { Items = [questions[1]] }, Cancelled)).Judgments[0].Value.ShouldBe(0);
        chat.Calls.ShouldBe(3);
    }

    [Fact]
    public void A_sweep_makes_them_again_as_they_were()
    {
        var catalog = Catalog(new ScriptedChat("x"));
        var resolved = catalog.Resolve(["helpfulness:score+repeat=3@gpt", "preference:revise@gpt", "solve@gpt", "helpfulness:samples=3+revise=length@gpt"]);
        var definition = new SweepDefinition { Kind = DataKind.Pairs, Judges = [.. resolved.Planned.Select(static p => p.Fixed)], Columns = [], Aggregator = "mean/1", MinCoverage = 0.8 };
        var sweep = new SweepRecord { Id = "s1", State = SweepState.Running, Fingerprint = "", Definition = definition.ToJson(), OutputFolder = "", CreatedAt = default, Rows = 0, Rejected = 0, Shards = 0, Totals = SweepTotals.None };

        catalog.Rebuild(sweep).Select(static j => (j.Descriptor.Id, j.Descriptor.Version)).ShouldBe(resolved.Judges.Select(static j => (j.Descriptor.Id, j.Descriptor.Version)));
    }

    [Fact]
    public void Every_bias_of_the_catalogue_can_be_pointed_out_and_no_other()
    {
        var catalog = Catalog(new ScriptedChat("x"));
        var all = ((RevisingJudge)catalog.Resolve(["preference:revise@gpt"]).Judges[0]).PointedOut;
        foreach (var bias in BiasCatalog.Ids) all.ShouldContain(((RevisingJudge)catalog.Resolve([$"preference:revise={bias}@gpt"]).Judges[0]).PointedOut);
        Should.Throw<OrchestrationException>(() => catalog.Resolve(["preference:revise=nothing@gpt"])).Message.ShouldContain("there is no bias 'nothing'");
        Should.Throw<OrchestrationException>(() => catalog.Resolve(["preference:repeat=x@gpt"])).Message.ShouldContain("write repeat=1");
        Should.Throw<OrchestrationException>(() => catalog.Resolve(["helpfulness:samples=3+repeat=1@gpt"])).Message.ShouldContain("samples are asked for several times already");
    }

    private static JudgeCatalog Catalog(IChatDeployment chat)
    {
        var config = OrchestrationConfig.Parse("deployments:\n  gpt: {endpoint: 'http://127.0.0.1:9/v1', model: gpt-mini, temperature: 0.5}\n", "orchestration.yaml");
        return new JudgeCatalog(config, RubricLibrary.Builtin, new Source(chat), new JudgmentPurchases(new MemoryJudgmentStore(), null, TimeProvider.System));
    }

    private sealed class Source(IChatDeployment chat) : IDeploymentSource
    {
        public IChatDeployment Chat(DeploymentConfig config) => chat;

        public IRewardDeployment Reward(DeploymentConfig config) => throw new NotSupportedException();
    }
}
