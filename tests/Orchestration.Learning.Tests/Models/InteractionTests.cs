using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Additive;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

public sealed class InteractionTests
{
    [Fact]
    public void A_product_of_two_judges_is_found_and_shared_in_halves()
    {
        var data = Rows.Correlated(900, 5, 0.2, 31, x => x[0] + x[1] + 12 * (x[2] - 0.5) * (x[4] - 0.5), noise: 0.2);
        var (train, test) = (data.Select([.. Enumerable.Range(0, 600)]), data.Select([.. Enumerable.Range(600, 300)]));
        var plain = (ICurveModel)ModelRecipes.Create("gam").Fit(train, default);
        var model = (ICurveModel)ModelRecipes.Create("gam-interactions").Fit(train, default);

        model.Interactions.ShouldBe([(2, 4)]);
        Rows.R2(Rows.PredictAll(model, test.Scores), test.Targets).ShouldBeGreaterThan(Rows.R2(Rows.PredictAll(plain, test.Scores), test.Targets) + 0.1);
        var (at, without) = (new double[5], new double[5]);
        double[] corner = [0.5, 0.5, 0.9, 0.5, 0.9];
        model.Contributions(corner, at);
        (model.Constant + at.Sum()).ShouldBe(model.Predict(corner), 1e-10);
        model.Contributions([0.5, 0.5, 0.9, 0.5, 0.5], without);
        (at[2] - without[2]).ShouldBe(12 * 0.4 * 0.4 / 2, 0.3);
    }

    [Fact]
    public void Where_there_is_none_none_is_found()
    {
        var found = 0;
        for (var set = 0; set < 5; set++)
        {
            var data = Rows.Correlated(400, 6, 0.4, (ulong)(60 + set), x => 2 * x[0] + x[1] * x[1], noise: 0.4);
            found += ((ICurveModel)ModelRecipes.Create("gam-interactions").Fit(data, default)).Interactions.Count;
        }

        found.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void A_monotone_model_has_no_interactions() =>
        ((ICurveModel)ModelRecipes.Create("gam-interactions", new RecipeOptions { Monotone = true })
            .Fit(Rows.Correlated(300, 3, 0.2, 33, x => 8 * x[0] * x[1]), default)).Interactions.ShouldBeEmpty();
}
