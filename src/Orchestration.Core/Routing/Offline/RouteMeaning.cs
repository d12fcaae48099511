using System.Globalization;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.Routing.Offline;

/// <summary>What a router's figures come to, in sentences.</summary>
internal static class RouteMeaning
{
    public static IEnumerable<string> Of(RouteFigures policy, RouteFigures bestSingle, RouteFigures taskTable, bool isPair)
    {
        yield return $"{policy.Name} {Against(policy.OverBestSingle, "the best single model", "use that model and no router")}";
        yield return $"{policy.Name} {Against(policy.OverTaskTable, "the table that is told the task", "where requests can name their task, use the table")}";
        if (isPair && policy.Apgr.Value <= 0.5)
            yield return string.Create(CultureInfo.InvariantCulture, $"{policy.Name} LOSES to a router that draws at random: APGR {policy.Apgr.Value:0.000}. Do not use it.");
        if (isPair && policy.Apgr.Value < taskTable.Apgr.Value && policy.Apgr.Value > 0.5)
            yield return string.Create(CultureInfo.InvariantCulture, $"{policy.Name} loses to the table that is told the task over all thresholds: APGR {policy.Apgr.Value:0.000} against {taskTable.Apgr.Value:0.000}.");
        if (policy.Abstained > 0) yield return string.Create(CultureInfo.InvariantCulture, $"{policy.Name} abstains on {policy.Abstained:0.0%} of the prompts, which go to the best single model.");
    }

    private static string Against(Estimate gain, string other, string cure)
    {
        var figures = string.Create(CultureInfo.InvariantCulture, $"{gain.Value:+0.0000;-0.0000;0.0000} (95% {gain.Lower:+0.0000;-0.0000;0.0000} to {gain.Upper:+0.0000;-0.0000;0.0000})");
        if (gain.Upper < 0) return $"LOSES to {other}: {figures}; {cure}.";
        if (gain.Value < 0) return $"loses to {other}, by no more than chance may explain: {figures}.";
        if (gain.Value == 0 && gain.Lower == 0 && gain.Upper == 0) return $"does the same as {other}.";
        return gain.Lower > 0 ? $"beats {other}: {figures}." : $"is not surely better than {other}: {figures}.";
    }
}
