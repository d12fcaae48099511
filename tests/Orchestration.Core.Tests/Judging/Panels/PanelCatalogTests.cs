using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Sweeps;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Panels;

/// <summary>Panels in <c>orchestration.yaml</c>, resolved by name and made again from a sweep.</summary>
public sealed class PanelCatalogTests
{
    private const string Deployments = """
        deployments:
          gpt: {endpoint: 'http://127.0.0.1:9/v1', model: gpt-mini}
          local: {endpoint: 'http://127.0.0.1:9/v1', model: llama, temperature: 0.5}

        """;

    private const string Panel = """
        panels:
          fair:
            rubric: truthfulness
            members:
              - deployment: gpt
              - {deployment: gpt, profile: a strict grader, protocol: score}
              - {deployment: local, protocol: samples=3}
            rounds: 2
            final: judge
            closing: {deployment: gpt, profile: a chairman}
            min-share: 0.6
        judge-sets:
          all: [relevance, fair]
        """;

    [Fact]
    public void A_panel_is_read_and_found_by_its_name_in_a_judge_set_too()
    {
        var config = OrchestrationConfig.Parse(Deployments + Panel, "orchestration.yaml");
        var stated = config.Panels["fair"];
        (stated.Rubric, stated.Rounds, stated.Final, stated.MinShare).ShouldBe(("truthfulness", 2, PanelFinal.Judge, 0.6));
        stated.Members.ShouldBe([new PanelMemberConfig("gpt"), new PanelMemberConfig("gpt", "a strict grader", "score"), new PanelMemberConfig("local", null, "samples=3")]);
        stated.Closing.ShouldBe(new PanelMemberConfig("gpt", "a chairman"));
        stated.Deployments.ShouldBe(["gpt", "local"]);

        var resolved = Catalog(config).Resolve(["all"]);
        var judge = resolved.Judges[1].ShouldBeOfType<PanelJudge>();
        judge.Descriptor.Id.ShouldBe("fair");
        judge.Members[2].CallsPerItem.ShouldBe(3);
        var planned = resolved.Planned[1].Fixed;
        (planned.Kind, planned.Version, planned.Model).ShouldBe((JudgeKind.Panel, judge.Descriptor.Version.ToString(), "gpt-mini, llama"));
        planned.Deployments.ShouldBe(["gpt", "local"]);
    }

    [Fact]
    public void A_first_round_member_is_the_judge_that_its_specification_names()
    {
        var config = OrchestrationConfig.Parse(Deployments + Panel, "orchestration.yaml");
        var catalog = Catalog(config);
        var panel = (PanelJudge)catalog.Resolve(["fair"]).Judges[0];
        panel.Members[0].CallDescriptor.Version.ShouldBe(catalog.Resolve(["truthfulness@gpt"]).Judges[0].Descriptor.Version);
        panel.Members[2].Descriptor.Version.ShouldBe(catalog.Resolve(["truthfulness:samples=3@local"]).Judges[0].Descriptor.Version);
    }

    [Fact]
    public void A_sweep_s_panel_is_made_again_as_it_was_and_refused_where_a_model_has_changed()
    {
        var config = OrchestrationConfig.Parse(Deployments + Panel, "orchestration.yaml");
        var planned = Catalog(config).Resolve(["fair"]).Planned[0];
        var definition = new SweepDefinition { Kind = DataKind.Pairs, Judges = [planned.Fixed], Columns = [], Aggregator = "mean/1", MinCoverage = 0.8 };
        var sweep = new SweepRecord
        {
            Id = "s1",
            State = SweepState.Running,
            Definition = definition.ToJson(),
            Fingerprint = "",
            OutputFolder = "",
            CreatedAt = default,
            Rows = 1,
            Rejected = 0,
            Shards = 1,
            Totals = new SweepTotals(0, 0, 0, 0, 0, 0, 0, 0),
        };

        // Whatever the file says by now: the sweep holds the panel itself.
        var later = OrchestrationConfig.Parse(Deployments, "orchestration.yaml");
        var again = Catalog(later).Rebuild(sweep)[0];
        again.ShouldBeOfType<PanelJudge>().Descriptor.Version.ShouldBe(planned.Descriptor.Version);
        ((PanelJudge)again).Rounds.ShouldBe(2);

        var other = OrchestrationConfig.Parse(Deployments.Replace("llama", "llama-2", StringComparison.Ordinal), "orchestration.yaml");
        Should.Throw<OrchestrationException>(() => Catalog(other).Rebuild(sweep)).Message.ShouldContain("deployment 'gpt', 'local'");
    }

    [Theory]
    [InlineData("fair: {rubric: truthfulness}", "panels.fair.members is missing.")]
    [InlineData("fair: {rubric: truthfulness, members: [{deployment: gpt}]}", "panels.fair.members has 1; a panel has 2 to 20 members.")]
    [InlineData("fair: {members: [{deployment: gpt}, {deployment: local}]}", "panels.fair.rubric is missing.")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: locl}]}", "panels.fair.members[1].deployment is 'locl', but no deployment is called that. Did you mean 'local'?")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], rounds: 9}", "panels.fair.rounds is '9'; it is a whole number of rounds from 1 to 5.")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], final: judge}", "panels.fair.final is judge, and nobody closes.")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], closing: gpt}", "panels.fair.closing is set, but nobody closes without 'final: judge'.")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], final: judge, closing: gtp}", "panels.fair.closing is 'gtp', but no deployment is called that.")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], min-share: 0}", "panels.fair.min-share is 0")]
    [InlineData("fair: {rubric: r, members: [{deployment: gpt}, {deployment: local}], round: 2}", "panels.fair has an unknown key 'round'. Did you mean 'rounds'?")]
    [InlineData("gpt: {rubric: r, members: [{deployment: gpt}, {deployment: local}]}", "panels.gpt has the name of another judge")]
    [InlineData("relevance: {rubric: r, members: [{deployment: gpt}, {deployment: local}]}", "panels.relevance has the name of another judge")]
    public void What_is_wrong_with_a_panel_is_told_with_its_line_and_cure(string panel, string message) =>
        Should.Throw<OrchestrationException>(() => OrchestrationConfig.Parse(Deployments + "panels:\n  " + panel, "orchestration.yaml"))
            .Message.ShouldContain(message);

    [Fact]
    public void A_protocol_that_is_none_is_told_with_the_panel_s_name()
    {
        var config = OrchestrationConfig.Parse(Deployments + Panel.Replace("samples=3", "sample", StringComparison.Ordinal), "orchestration.yaml");
        Should.Throw<OrchestrationException>(() => Catalog(config).Resolve(["fair"])).Message.ShouldStartWith("panel 'fair': 'sample' is no protocol.");
        Should.Throw<OrchestrationException>(() => Catalog(config).Resolve(["fare"])).Message.ShouldContain("Did you mean 'fair'?");
    }

    private static JudgeCatalog Catalog(OrchestrationConfig config) => new(config, RubricLibrary.Builtin, new Source(), Given.Purchases());

    private sealed class Source : IDeploymentSource
    {
        public IChatDeployment Chat(DeploymentConfig config) => new ScriptedChat("") { Name = config.Name, Model = config.Model };

        public IRewardDeployment Reward(DeploymentConfig config) => throw new NotSupportedException();
    }
}
