using Orchestration.Learning.Routing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Routing;

public sealed class SparseRidgeTests
{
    [Fact]
    public void All_penalties_of_one_run_solve_their_own_normal_equations()
    {
        var (rows, targets) = Some(40, 25, 3);
        double[] penalties = [0.3, 1, 5, 40];
        var weights = SparseRidge.Fit(rows, targets, 3, penalties, 200, 1e-12);
        for (var p = 0; p < penalties.Length; p++)
        {
            // Aᵀ(Aw − y) + λw = 0.
            var residual = rows.Times(weights[p], 3);
            for (var i = 0; i < residual.Length; i++) residual[i] -= targets[i];
            var gradient = weights[p].Select(w => penalties[p] * w).ToArray();
            for (var i = 0; i < rows.Rows; i++)
            {
                for (var k = rows.Starts[i]; k < rows.Starts[i + 1]; k++)
                {
                    for (var t = 0; t < 3; t++) gradient[rows.ColumnOf[k] * 3 + t] += rows.Values[k] * residual[i * 3 + t];
                }
            }

            gradient.Max(Math.Abs).ShouldBeLessThan(1e-7);
            weights[p].Max(Math.Abs).ShouldBeGreaterThan(0.01);
        }
    }

    [Fact]
    public void A_target_that_is_zero_everywhere_has_no_weights_and_spoils_no_other()
    {
        var (rows, targets) = Some(30, 12, 2);
        for (var i = 0; i < 30; i++) targets[2 * i] = 0;
        var weights = SparseRidge.Fit(rows, targets, 2, [1.0], 100, 1e-10)[0];
        for (var c = 0; c < 12; c++) weights[2 * c].ShouldBe(0);
        weights.ShouldAllBe(w => double.IsFinite(w));
        weights.Max(Math.Abs).ShouldBeGreaterThan(0.01);
    }

    [Fact]
    public void Softmax_regression_ends_where_its_gradient_is_zero()
    {
        var (rows, classes) = Classes(60);
        var model = SoftmaxRegression.Fit(rows, 2, classes, 3, 1.5);
        var gradient = model.Weights.Select((w, k) => k < 6 ? 1.5 * w : 0).ToArray();
        var p = new double[3];
        for (var i = 0; i < 60; i++)
        {
            model.Predict(rows.AsSpan(2 * i, 2), p);
            p.Sum().ShouldBe(1, 1e-12);
            p[classes[i]]--;
            for (var c = 0; c < 3; c++)
            {
                gradient[c] += rows[2 * i] * p[c];
                gradient[3 + c] += rows[2 * i + 1] * p[c];
                gradient[6 + c] += p[c];
            }
        }

        gradient.Max(Math.Abs).ShouldBeLessThan(1e-3);
    }

    [Fact]
    public void Nearest_rows_are_those_of_the_least_distance_and_the_first_of_equals()
    {
        float[] rows = [0, 0, 1, 0, 0, 1, 5, 5, 1, 0];
        var nearest = new NearestRows(rows, 2, [1, 2, 4, 8, 16], 1);
        var mean = new double[1];
        nearest.Mean([0.9f, 0], 1, mean);
        mean[0].ShouldBe(2);
        nearest.Mean([0.9f, 0], 2, mean);
        mean[0].ShouldBe(9);
        nearest.Mean([0.9f, 0], 3, mean);
        mean[0].ShouldBe(19 / 3.0, 1e-12);
        nearest.Mean([0, 0], 99, mean);
        mean[0].ShouldBe(31 / 5.0, 1e-12);
    }

    [Fact]
    public void The_nearest_of_any_number_of_rows_and_any_width_are_those_of_a_plain_search()
    {
        var random = new Random(7);
        for (var count = 1; count <= 40; count++)
        {
            var width = 1 + (count % 11);
            var rows = new float[count * width];
            for (var i = 0; i < rows.Length; i++) rows[i] = random.Next(-3, 4);
            var values = new float[count];
            for (var i = 0; i < count; i++) values[i] = 1 + (i * i);
            var row = new float[width];
            for (var k = 0; k < width; k++) row[k] = random.Next(-3, 4);

            var wanted = 1 + (count / 3);
            var expected = Enumerable.Range(0, count).OrderBy(i => Enumerable.Range(0, width).Sum(k => Math.Pow(rows[(i * width) + k] - row[k], 2))).ThenBy(static i => i).Take(wanted).Average(i => (double)values[i]);
            var mean = new double[1];
            new NearestRows(rows, width, values, 1).Mean(row, wanted, mean);
            mean[0].ShouldBe(expected, 1e-9, $"{count} rows of {width}");
        }
    }

    [Fact]
    public void Clusters_of_well_parted_rows_are_those_parts_whatever_the_seed()
    {
        var rows = new float[60];
        for (var i = 0; i < 30; i++) (rows[2 * i], rows[2 * i + 1]) = (i % 3 * 10 + i * 0.01f, i % 3 * -7);
        for (var seed = 0UL; seed < 5; seed++)
        {
            var clusters = RowClusters.Fit(rows, 2, 3, seed);
            for (var i = 3; i < 30; i++) clusters.ClusterOf[i].ShouldBe(clusters.ClusterOf[i % 3]);
            clusters.ClusterOf.Distinct().Count().ShouldBe(3);
        }

        RowClusters.Fit([1, 1, 1, 1], 2, 5, 0).Count.ShouldBe(1);
    }

    private static (SparseRows Rows, double[] Targets) Some(int count, int columns, int width)
    {
        var random = new Random(7);
        var (starts, of, values) = (new List<int> { 0 }, new List<int>(), new List<double>());
        for (var i = 0; i < count; i++)
        {
            for (var c = 0; c < columns; c++)
            {
                if (random.NextDouble() > 0.3) continue;
                of.Add(c);
                values.Add(random.NextDouble() - 0.3);
            }

            starts.Add(of.Count);
        }

        return (new SparseRows(columns, [.. starts], [.. of], [.. values]), [.. Enumerable.Range(0, count * width).Select(_ => random.NextDouble() - 0.5)]);
    }

    private static (double[] Rows, int[] Classes) Classes(int count)
    {
        var random = new Random(3);
        var (rows, classes) = (new double[2 * count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            classes[i] = i % 3;
            (rows[2 * i], rows[2 * i + 1]) = (classes[i] * 0.7 + random.NextDouble(), random.NextDouble() - classes[i] % 2);
        }

        return (rows, classes);
    }
}
