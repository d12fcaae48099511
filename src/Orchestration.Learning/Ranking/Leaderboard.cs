using Orchestration.Learning.Intervals;

namespace Orchestration.Learning.Ranking;

/// <summary>One model's place.</summary>
/// <param name="Model">The model's number.</param>
/// <param name="Strength">θ in log-odds, of mean 0 over the models.</param>
/// <param name="WinRate">Mean chance, by the strengths, of beating each other model.</param>
/// <param name="Rank">1 plus the models whose lower bound lies above this one's upper bound: models that are not told apart share a rank.</param>
/// <param name="Places">The range of places that the model had in the resamples, from the lower to the upper bound's level.</param>
public sealed record Standing(int Model, Estimate Strength, Estimate WinRate, int Rank, (int Best, int Worst) Places)
{
    /// <summary>A strength on Elo's scale: 400 points for odds of ten to one, about 1,000.</summary>
    public static double OnEloScale(double strength) => 1000 + 400 / Math.Log(10) * strength;
}

/// <summary>Models by strength, with bounds by prompt.</summary>
/// <param name="Standings">The strongest first.</param>
/// <param name="Gaps">For each model but the last the strength above the next one's; where 0 lies within the bounds the two are not told apart.</param>
/// <param name="Effects">Effects of style covariates, log-odds for one standard deviation; empty without.</param>
/// <param name="IsHeld">True where the strengths of the data as they are had to be held (<see cref="BradleyTerry.IsHeld"/>).</param>
/// <param name="HeldResamples">Resamples whose strengths had to be held: their bounds are wide, and depend on what holds them.</param>
public sealed record Leaderboard(IReadOnlyList<Standing> Standings, IReadOnlyList<Estimate> Gaps, IReadOnlyList<Estimate> Effects, bool IsHeld, int HeldResamples)
{
    /// <summary>Ranks by Bradley and Terry, with style covariates where the data have some.</summary>
    /// <param name="data">The comparisons; every model in one part (<see cref="Connection.Parts"/>).</param>
    /// <param name="options">Resamples of the prompts, seed, level, threads.</param>
    public static Leaderboard Of(ModelComparisons data, BootstrapOptions options)
    {
        if (data.Covariates == 0)
        {
            var fit = BradleyTerry.Fit(data.Wins(), data.Models);
            return Of(data.Models, data.Groups, fit.Strengths, [], fit.IsHeld, (drawn, into) =>
            {
                var one = BradleyTerry.Fit(data.Wins(drawn), data.Models, fit.Strengths);
                one.Strengths.CopyTo(into);
                return one.IsHeld;
            }, options);
        }

        var scales = StyledBradleyTerry.Scales(data);
        var once = new double[data.Groups];
        Array.Fill(once, 1);
        var styled = StyledBradleyTerry.Fit(data, once, scales);
        return Of(data.Models, data.Groups, styled.Strengths, styled.Effects, styled.IsHeld, (drawn, into) =>
        {
            var one = StyledBradleyTerry.Fit(data, drawn, scales, styled);
            one.Strengths.CopyTo(into);
            one.Effects.CopyTo(into[data.Models..]);
            return one.IsHeld;
        }, options);
    }

    /// <summary>Ranks by Plackett and Luce.</summary>
    /// <param name="data">The orders; every model in one part.</param>
    /// <param name="options">Resamples of the prompts, seed, level, threads.</param>
    public static Leaderboard Of(ModelOrders data, BootstrapOptions options)
    {
        var fit = PlackettLuce.Fit(data, Once(data.Groups));
        return Of(data.Models, data.Groups, fit.Strengths, [], fit.IsHeld, (drawn, into) =>
        {
            var one = PlackettLuce.Fit(data, drawn, fit.Strengths);
            one.Strengths.CopyTo(into);
            return one.IsHeld;
        }, options);
    }

    private delegate bool Refit(ReadOnlySpan<double> drawn, Span<double> into);

    private static Leaderboard Of(int models, int groups, double[] strengths, double[] effects, bool isHeld, Refit refit, BootstrapOptions options)
    {
        var order = Enumerable.Range(0, models).OrderByDescending(m => strengths[m]).ThenBy(static m => m).ToArray();
        var fitted = models + effects.Length;
        var heldResamples = 0;

        // Strengths, effects, places, win rates, gaps.
        var estimates = GroupBootstrap.Of(groups, fitted + 3 * models, (drawn, values) =>
        {
            if (refit(drawn, values)) Interlocked.Increment(ref heldResamples);
            var found = values[..models];
            for (var m = 0; m < models; m++)
            {
                var (above, rate) = (0, 0.0);
                for (var other = 0; other < models; other++)
                {
                    if (other == m) continue;
                    rate += BradleyTerry.Chance(found[m], found[other]) / (models - 1);
                    above += found[other] > found[m] ? 1 : 0;
                }

                values[fitted + m] = above + 1;
                values[fitted + models + m] = rate;
            }

            for (var k = 0; k + 1 < models; k++) values[fitted + 2 * models + k] = found[order[k]] - found[order[k + 1]];
        }, options);

        var standings = order.Select(m => new Standing(
            m, estimates[m], estimates[fitted + models + m],
            1 + Enumerable.Range(0, models).Count(o => estimates[o].Lower > estimates[m].Upper),
            ((int)Math.Round(estimates[fitted + m].Lower), (int)Math.Round(estimates[fitted + m].Upper)))).ToArray();
        // The data as they are are computed like a resample.
        return new Leaderboard(standings, estimates[(fitted + 2 * models)..^1], estimates[models..fitted], isHeld, heldResamples - (isHeld ? 1 : 0));
    }

    private static double[] Once(int groups)
    {
        var once = new double[groups];
        Array.Fill(once, 1);
        return once;
    }
}
