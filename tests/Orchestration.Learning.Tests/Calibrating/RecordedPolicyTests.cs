using System.Text.Json;
using Orchestration.Learning.Calibrating;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Calibrating;

/// <summary>Published figures on recorded judge scores of four policies, 480 labels of the first and a probe of 50 of each other.</summary>
public sealed class RecordedPolicyTests
{
    private static readonly string[] Policies = ["base", "clone", "parallel_universe_prompt", "unhelpful"];

    [Fact]
    public void Calibrated_means_and_probes_are_the_published_ones()
    {
        var rows = Read();

        var study = PolicyStudy.Run(rows, new PolicyOptions());

        study.Calibrating.Count.ShouldBe(480);

        // The mean over the draws is published to three digits; the longer figures are those of an implementation of its own, written in Python for this test.
        (string Policy, double Probe, double Oracle, double Draws, double Independent, LevelRefusal Refusal)[] published =
        [
            ("clone", 0.774, 0.779, 0.764, 0.7634503481980907, LevelRefusal.None),
            ("parallel_universe_prompt", 0.771, 0.786, 0.764, 0.7640305900959388, LevelRefusal.None),
            ("unhelpful", 0.434, 0.159, 0.415, 0.4145010375939769, LevelRefusal.DoesNotTransfer),
        ];
        foreach (var (policy, probe, oracle, draws, independent, refusal) in published)
        {
            var number = Array.IndexOf(Policies, policy);
            int[] labelled = [.. Enumerable.Range(0, rows.Rows).Where(i => rows.PolicyOf[i] == number && rows.IsProbe[i])];
            labelled.Length.ShouldBe(50);
            labelled.Average(i => study.Calibrator.Of(rows.Scores[i])).ShouldBe(probe, 5e-4, policy);
            labelled.Average(i => rows.Labels[i]).ShouldBe(oracle, 5e-4, policy);
            var value = study.Policies[number];
            value.Calibrated.ShouldBe(independent, 1e-12, policy);
            value.Calibrated.ShouldBe(draws, 6e-4, policy);
            value.Refusal.ShouldBe(refusal, policy);
            value.Outside.ShouldBeLessThanOrEqualTo(0.013);
            value.Low.ShouldBeLessThan(oracle);
            value.High.ShouldBeGreaterThan(oracle);
        }

        var unhelpful = study.Policies[3];
        unhelpful.Residual.Value.ShouldBe(-0.275, 0.002);
        (unhelpful.Residual.Value / unhelpful.Residual.StandardError).ShouldBe(-12, 0.5);
        study.Policies[0].Probe.ShouldBeNull("the calibrator has labels of no other policy");
    }

    private static PolicyRows Read()
    {
        var (policies, scores, labels, groups, probes) = (new List<int>(), new List<double>(), new List<double>(), new List<int>(), new List<bool>());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var file in new[] { "draws", "probe" })
        {
            foreach (var line in File.ReadLines(PublicData.Require($"cje/{file}.jsonl")))
            {
                using var row = JsonDocument.Parse(line);
                policies.Add(Array.IndexOf(Policies, row.RootElement.GetProperty("policy").GetString()));
                scores.Add(row.RootElement.GetProperty("judge").GetDouble());
                labels.Add(row.RootElement.GetProperty("oracle") is { ValueKind: JsonValueKind.Number } label ? label.GetDouble() : double.NaN);
                var id = row.RootElement.GetProperty("id").GetString()!;
                if (!numbers.TryGetValue(id, out var group)) numbers.Add(id, group = numbers.Count);
                groups.Add(group);
                probes.Add(file == "probe");
            }
        }

        return new PolicyRows([.. policies], [.. scores], [.. labels], [.. groups], [.. probes]);
    }
}
