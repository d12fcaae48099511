using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Pairs;

/// <summary>Content hashes are written down in stores: they never change.</summary>
public sealed class PairHashTests
{
    [Fact]
    public void It_is_the_first_half_of_the_digest_of_the_fields_each_behind_its_length()
    {
        // printf '\x04\x00\x00\x00pair\x01\x00\x00\x00q\x02\x00\x00\x00\xc3\xa9' | sha256sum
        PairHash.Of(new Pair { Id = "1", Prompt = "q", Answer = "é", Group = "g" }).ToString().ShouldBe("60de86f2b3cc9690d0c24b229ec5ab34");
    }

    [Fact]
    public void Texts_of_any_length_and_kind_are_hashed_as_they_would_be_one_after_another() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), Gen.Choose(0, 3000).ToArbitrary(), static (texts, length) =>
        {
            // The last ones: longer than what is hashed without a rented array, and no text at all.
            string[] fields = [.. texts.Select(static text => text ?? ""), new('é', length), "\ud800"];
            PairHash.Of(fields).ShouldBe(OneAfterAnother(fields));
        }).QuickCheckThrowOnFailure();

    private static Hash128 OneAfterAnother(string[] fields)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var field in fields)
        {
            var bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            sha.AppendData(length);
            sha.AppendData(bytes);
        }

        return Hash128.FromBytes(sha.GetHashAndReset());
    }
}
