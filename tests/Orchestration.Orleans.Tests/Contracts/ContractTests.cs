using System.Reflection;
using System.Runtime.CompilerServices;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Runtime;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Contracts;

/// <summary>What crosses between processes has names and numbers of its own, so that classes may be renamed while silos of two versions talk.</summary>
public sealed class ContractTests
{
    private static readonly Assembly Host = typeof(IJudgeGrain).Assembly;

    private static IEnumerable<Type> Own => Host.GetTypes().Where(static type => type.Namespace?.StartsWith("Orchestration", StringComparison.Ordinal) == true);

    private static Type[] Interfaces => [.. Own.Where(static type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))];

    private static Type[] Serialised => [.. Own.Where(static type => type.IsDefined(typeof(GenerateSerializerAttribute)))];

    [Fact]
    public void Every_grain_interface_and_each_of_its_methods_has_an_alias_of_its_own()
    {
        Interfaces.Length.ShouldBe(11);
        Aliases(Interfaces).ShouldBeUnique();
        foreach (var contract in Interfaces) Aliases(contract.GetMethods()).ShouldBeUnique(contract.Name);
    }

    [Fact]
    public void Every_serialised_type_has_an_alias_and_each_of_its_members_an_id()
    {
        Serialised.Length.ShouldBeGreaterThan(10);
        Aliases(Serialised).ShouldBeUnique();
        foreach (var type in Serialised)
        {
            MemberInfo[] members =
            [
                .. type.GetFields(BindingFlags.Public | BindingFlags.Instance),
                .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static property => property.SetMethod is not null),
            ];
            var ids = members.Select(member => member.GetCustomAttribute<IdAttribute>().ShouldNotBeNull($"{type.Name}.{member.Name}").Id).ToArray();
            ids.ShouldBeUnique(type.Name);
            ids.ShouldNotBeEmpty(type.Name);
        }
    }

    [Fact]
    public void No_contract_is_without_a_grain_and_no_grain_without_a_contract()
    {
        var grains = Own.Where(static type => typeof(Grain).IsAssignableFrom(type) && !type.IsAbstract).ToArray();
        foreach (var contract in Interfaces.Where(static contract => typeof(IGrain).IsAssignableFrom(contract)))
            grains.Count(contract.IsAssignableFrom).ShouldBe(1, contract.Name);
        foreach (var grain in grains) grain.GetInterfaces().Count(Interfaces.Contains).ShouldBe(1, grain.Name);
    }

    [Fact]
    public void Grains_are_thin()
    {
        // A dozen lines of C# as IL, and as the state machine that the compiler makes of an asynchronous method.
        const int Thin = 150;
        const int ThinMachine = 700;
        foreach (var grain in Own.Where(static type => typeof(Grain).IsAssignableFrom(type)))
        {
            foreach (var method in grain.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(static method => !method.IsSpecialName))
                Length(method).ShouldBeLessThan(Thin, $"{grain.Name}.{method.Name}");
            foreach (var machine in grain.GetNestedTypes(BindingFlags.NonPublic).Where(static type => typeof(IAsyncStateMachine).IsAssignableFrom(type)))
                Length(machine.GetMethod("MoveNext", BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance)!).ShouldBeLessThan(ThinMachine, $"{grain.Name}.{machine.Name}");
        }
    }

    private static int Length(MethodInfo method) => method.GetMethodBody()?.GetILAsByteArray()?.Length ?? 0;

    private static string[] Aliases(IEnumerable<MemberInfo> members) => [.. members.Select(static member => member.GetCustomAttribute<AliasAttribute>().ShouldNotBeNull(member.Name).Alias)];
}
