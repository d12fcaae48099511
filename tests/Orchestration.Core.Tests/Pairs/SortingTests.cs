using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>The parts under reading that are easier to get wrong than to see wrong: sorting on disk, hashing, reading numbers.</summary>
public sealed class SortingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(20_000)]
    public void Records_come_out_in_the_order_of_all_their_bytes_however_many_runs_it_takes(int count)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrate-sort-").FullName;
        try
        {
            // 100 records a run; few different keys, so that the bytes behind the first eight decide.
            using var sorter = new RecordSorter(12, folder, 1200);
            var random = new Random(4);
            var expected = new List<string>();
            for (var i = 0; i < count; i++)
            {
                var record = sorter.Add();
                BinaryPrimitives.WriteUInt64BigEndian(record, ((ulong)(uint)random.Next(30) << 40) + (uint)random.Next(3));
                BinaryPrimitives.WriteInt32BigEndian(record[8..], random.Next(1000));
                expected.Add(Convert.ToHexString(record));
            }

            expected.Sort(StringComparer.Ordinal);
            sorter.Sorted().Select(r => Convert.ToHexString(r.Span)).ShouldBe(expected);
            sorter.Count.ShouldBe(count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("", 0, "3cae3b22671d1ea01f74635d9033628e")]
    [InlineData("row-1", 0, "d1c6931b26c4d437b177a5f4052d5442")]
    [InlineData("row-1", 7, "beb85f5e630f8a78212cc7c9ca7cc5e5")]
    [InlineData("a longer id, of several words", 0, "1b068f8bdf682fb4ab3b0cd2cf99fa03")]
    public void The_hash_of_an_id_never_changes_because_samples_depend_on_it(string id, long seed, string expected)
    {
        IdHash.Of(Encoding.UTF8.GetBytes(id), seed).ToString().ShouldBe(expected);
    }

    [Fact]
    public void Hashes_of_ids_do_not_collide_in_either_half()
    {
        var ids = Enumerable.Range(0, 20_000).Select(i => IdHash.Of(Encoding.UTF8.GetBytes($"{i:x}"))).ToArray();

        ids.Select(h => h.High).Distinct().Count().ShouldBe(ids.Length);
        ids.Select(h => h.Low).Distinct().Count().ShouldBe(ids.Length);
        // Every bit is set in half of them: six standard deviations of a fair coin are 424 of 20,000.
        for (var bit = 0; bit < 64; bit++)
        {
            ids.Count(h => (h.High >> bit & 1) == 1).ShouldBeInRange(9_570, 10_430);
            ids.Count(h => (h.Low >> bit & 1) == 1).ShouldBeInRange(9_570, 10_430);
        }
    }

    [Fact]
    public void Hashes_tell_apart_ids_that_end_in_zero_bytes()
    {
        var ids = Enumerable.Range(0, 20).Select(n => IdHash.Of(new byte[n])).ToArray();

        ids.Distinct().Count().ShouldBe(ids.Length);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("-0.0")]
    [InlineData("3.2")]
    [InlineData("0.1")]
    [InlineData("999999999999999")]
    [InlineData("9999999999999999")]
    [InlineData("0.999999999999999")]
    [InlineData("123456789.012345")]
    [InlineData("1234567890.1234567")]
    [InlineData("5e-324")]
    [InlineData("1.7976931348623157E308")]
    [InlineData("0.1000000000000000055511151231257827021181583404541015625")]
    public void Numbers_are_read_as_the_framework_reads_them(string text)
    {
        FastNumber.TryParse(Encoding.UTF8.GetBytes(text), out var value).ShouldBeTrue();
        BitConverter.DoubleToInt64Bits(value).ShouldBe(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("-.")]
    [InlineData("1.2.3")]
    [InlineData("1,5")]
    [InlineData("1e400")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("three")]
    [InlineData("1 2")]
    public void What_is_no_finite_number_is_not_read_as_one(string text) =>
        FastNumber.TryParse(Encoding.UTF8.GetBytes(text), out _).ShouldBeFalse();

    [Fact]
    public void Every_number_that_is_written_is_read_back_bit_for_bit()
    {
        var numbers = Gen.OneOf(
            Gen.Choose(-100_000, 100_000).Select(i => i / 1000.0),
            ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite));

        Prop.ForAll(numbers.ToArbitrary(), number =>
            FastNumber.TryParse(Encoding.UTF8.GetBytes(number.ToString("R", CultureInfo.InvariantCulture)), out var read)
            && BitConverter.DoubleToInt64Bits(read) == BitConverter.DoubleToInt64Bits(number))
            .Check(SeededProperties.Config.WithMaxTest(2000).WithQuietOnSuccess(true));
    }
}
